"""KEEPING: the one table, and every change of an event on it."""
