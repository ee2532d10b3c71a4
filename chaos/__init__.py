"""The stack under load with everything breaking; `python -m chaos`, docs/reliability.md."""
