"""The Lambda functions that deliver: the sender on the queue, and the timer."""
