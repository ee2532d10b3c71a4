"""The promise under any history: what Hypothesis finds to do, against a model in memory."""
