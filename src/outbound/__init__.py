"""Requests to servers of strangers, within limits that hold whatever the server does."""
