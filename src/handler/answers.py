"""What the sender is told: outcome or error → HTTP status, in one table.

JustCall takes exactly 200 for an acknowledgement and sends again on anything else
[specification]. The answer to a refusal is the same for every cause, so that it teaches a forger
nothing; the cause is in the log and the metrics.
"""

from typing import Any

from errors import BodyTooLarge, BodyUndecodable, HooksError, SignatureRefused, Unavailable

KEPT = 200

# The first row that fits decides; what is in no row is ours to mend, so the sender is asked again.
_STATUS: tuple[tuple[type[HooksError], int, str], ...] = (
    (BodyUndecodable, 400, "bad request"),
    (BodyTooLarge, 413, "body too large"),
    (SignatureRefused, 401, "unauthorized"),
    (Unavailable, 503, "unavailable"),
)
_TRY_AGAIN = (503, "unavailable")


def status_of(error: Exception) -> tuple[int, str]:
    """Return the status and the word that answer an error."""
    for kind, status, word in _STATUS:
        if isinstance(error, kind):
            return status, word
    return _TRY_AGAIN


def answer(status: int, word: str) -> dict[str, Any]:
    """Return the API's answer (payload format 2.0) with one word in JSON."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": f'{{"status": "{word}"}}',  # the words are ours and need no escape
    }
