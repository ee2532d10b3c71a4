"""What happens every minute: deliveries that are due go back to the queue."""

from collections.abc import Callable
from typing import NamedTuple

from deliveries.backlog import Backlog
from deliveries.destination import Destination
from deliveries.directory import Directory
from deliveries.message import Reference
from deliveries.outbox import Outbox
from errors import HooksError

# Deliveries of one destination that one run sends to the queue.
MAX_DUE = 1_000
# While a destination fails, only one delivery at a time is tried.
MAX_DUE_FAILING = 3
# A delivery that was sent to the queue and never came out is sent again after this time.
LEASE_SECONDS = 900.0
# A destination that fails for longer is reported.
FAILING_SECONDS = 300.0


class Ports(NamedTuple):
    """What the timer needs."""

    directory: Directory
    backlog: Backlog
    outbox: Outbox


class Report(NamedTuple):
    """What a run did: deliveries sent to the queue, destinations that fail, and errors by name."""

    sent: dict[str, int]
    failing: list[str]
    errors: list[tuple[str, HooksError]]


def run(ports: Ports, now: float, has_time: Callable[[], bool]) -> Report:
    """Send what is due, one destination after the other; an error at one does not stop the others.

    Raises LedgerUnavailable if the destinations cannot be read.
    """
    report = Report({}, [], [])
    for one in ports.directory.all(now, fresh=True).values():
        since = one.state.failing_since
        if one.state.paused == "gone" or (since and now - since >= FAILING_SECONDS):
            report.failing.append(one.name)
        if one.state.paused or one.state.retry_at > now:
            continue
        try:
            report.sent[one.name] = _send_due(one, ports, now, has_time)
        except HooksError as error:
            report.errors.append((one.name, error))
    return report


def _send_due(
    destination: Destination, ports: Ports, now: float, has_time: Callable[[], bool]
) -> int:
    name = destination.name
    most = MAX_DUE_FAILING if destination.state.failures else MAX_DUE
    sent = 0
    for one_id, seen in ports.backlog.due(name, now, most):
        if not has_time():
            break
        # Claimed before it is sent: the next run would send it once more.
        if ports.backlog.claim(name, one_id, seen, now + LEASE_SECONDS):
            # One by one: for a batch the embedded AWS requires a permission that AWS does not have.
            ports.outbox.send(Reference(name, one_id))
            sent += 1
    return sent
