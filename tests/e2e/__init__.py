"""The deployed local stack, IAM enforced: what only the real wiring can show."""
