"""The handlers that are compared; each has `handler(event, context)`."""
