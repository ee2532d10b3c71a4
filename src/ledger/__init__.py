"""The events table: its layout, every change of an event's status, and its reads."""
