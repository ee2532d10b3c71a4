"""When a link is tried again, and when it is given up."""

# Seconds from each failed attempt to the next; the last one repeats.
DELAYS = (30, 120, 600, 1_800, 3_600)
# JustCall's links to recordings end 24 hours after the event.
LINK_SECONDS = 24 * 3_600
# The last attempt is so long before the end.
RESERVE_SECONDS = 300
# A failed attempt so long after the event is late: an alarm reports it, while there is time.
LATE_SECONDS = 4 * 3_600


def delay(attempts: int, received_at: float, now: float) -> int | None:
    """Return the seconds until the next attempt, None if the link ends before it.

    `attempts` have failed. A link whose event is older than a day is tried once.
    """
    left = received_at + LINK_SECONDS - RESERVE_SECONDS - now
    if left <= 0:
        return None
    scheduled = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]
    return int(min(scheduled, max(left, DELAYS[0])))


def is_late(received_at: float, now: float) -> bool:
    """Return whether an event is so old that its link should have been archived long ago."""
    return now - received_at >= LATE_SECONDS
