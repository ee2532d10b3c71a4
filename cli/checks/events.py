"""Checks of what became of events, and of the destinations that get them."""

from collections import Counter
from collections.abc import Callable, Mapping

from cli import destinations
from cli.checks.finding import OK, WARN, WRONG, Check, Deployment, Result
from cli.reading import events as listing
from cli.reading.events import Wanted
from cli.reading.failures import RETRYING
from justcall.event import FAILED, QUARANTINED, STUCK, UNHANDLED

# Events of a status that a check reads; more say no more.
MAX_EVENTS = 100
_NAMES = 3


def _waiting(status: str, verdict: str) -> Callable[[Deployment], Result]:
    """Return the check that finds events with a status, and the reason that most of them have."""

    def check(at: Deployment) -> Result:
        page = listing.newest(at.stack, Wanted(status), MAX_EVENTS)
        if not page.rows:
            return OK, "none", None
        number = f"{len(page.rows)} or more" if page.before else str(len(page.rows))
        [(why, _)] = Counter(one["why"] for one in page.rows).most_common(1)
        kinds = Counter(one["type"] for one in page.rows).most_common(_NAMES)
        names = ", ".join(f"{amount} {name}" for name, amount in kinds)
        return verdict, f"{number} ({names}): {why}", at.hooks(f"events --status {status}")

    return check


def _destinations(at: Deployment) -> Result:
    if not at.stack.deliveries_queue:
        return OK, "HttpDeliveries is off", None
    every = destinations.every(at.stack)
    failing = [one.name for one in every if one.state.failing_since and not one.state.paused]
    paused = [one.name for one in every if one.state.paused]
    remedy = at.hooks("destinations list")
    if failing:
        return WRONG, f"failing: {', '.join(failing)}", remedy
    if paused:
        return WARN, f"paused: {', '.join(paused)}", remedy
    return OK, f"{len(every)} destinations, none failing", None


CHECKS: Mapping[str, Check] = {
    "failed events": (_waiting(FAILED, WRONG), "events --status failed"),
    "stuck events": (_waiting(STUCK, WRONG), "events --status stuck"),
    "retrying events": (_waiting(RETRYING, WARN), "events --status retrying"),
    "quarantined events": (_waiting(QUARANTINED, WARN), "events --status quarantined"),
    "unhandled events": (_waiting(UNHANDLED, WARN), "events --status unhandled"),
    "destinations": (_destinations, "destinations list"),
}
