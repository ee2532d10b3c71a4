"""What the user can mend: one line each, exit code 2."""


class UsageError(Exception):
    """Something about the command or its surroundings is not right; the text says what to do."""


class NotFoundError(Exception):
    """What was asked for is not there: exit code 1."""
