"""The operator's program `hooks`: sends samples, and looks at what became of events."""

__version__ = "0.1.0"
