"""Flaws of other receivers, each planted in a copy of the code and caught by a test."""
