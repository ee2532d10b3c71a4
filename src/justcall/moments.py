"""Moments as the ledger writes them."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4)  # one moment is written in the item, its index and its message
def iso(epoch_seconds: float) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.mmmZ`, which sorts as text in the order of time."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(moment: str) -> float:
    """Return the seconds since the epoch of a moment that `iso` wrote."""
    return datetime.fromisoformat(moment).timestamp()
