"""The custom resource that writes the API secret when a stack is created."""
