"""The HTTP answer to each outcome and error, in one table.

JustCall takes only 200 as an acknowledgement, and retries after anything else [specification]. A
refusal has the same answer for every cause, so that it tells a forger nothing; the log and the
metrics have the cause.
"""

from typing import Any

from errors import BodyTooLarge, BodyUndecodable, HooksError, SignatureRefused, Unavailable

KEPT = 200

# The first row that fits decides. Any other error is our bug; ask the sender to retry.
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
