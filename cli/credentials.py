"""JustCall's API key and secret."""

from cli import CALLED
from cli.errors import UsageError


class Credentials:
    """An API key with its secret; printing it shows neither. Raises UsageError."""

    def __init__(self, key: str, secret: str) -> None:
        for name, value in (("key", key), ("secret", secret)):
            if not value or not value.isascii() or not value.isprintable() or " " in value:
                raise UsageError(f"The API {name} is empty or contains invalid characters.")
        self.header = f"{key}:{secret}"
        self._both = (key, secret)

    def hidden(self, text: str) -> str:
        """Return a text without key and secret: JustCall's message may repeat them."""
        for value in self._both:
            text = text.replace(value, "…")
        return text


def refusal(message: str) -> str:
    """Return the error for a 401; it names one credential if JustCall's message does."""
    credentials = {
        "key": "the API key (--api-key, JUSTCALL_API_KEY)",
        "secret": f"the API secret (the stack's; a newer one: {CALLED} secret rotate)",
    }
    named = [one for word, one in credentials.items() if word in message.lower()]
    if len(named) == 1:
        return f"JustCall refuses {named[0]} (401){message}"
    return f"JustCall refuses {' or '.join(credentials.values())} (401){message}"
