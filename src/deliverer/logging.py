"""What the sender writes: ids, destinations, reasons and times; never a URL, a body or a secret."""

from collections.abc import Sequence

from aws import observability
from aws.observability import Level
from deliveries.sender import Outcome

_LEVELS: dict[str, Level] = {"given-up": "error", "failed": "warning"}


def write(outcomes: Sequence[Outcome]) -> None:
    """Log and count what became of a batch's messages."""
    for one in outcomes:
        result = one.result
        observability.log(
            _LEVELS.get(one.name, "info"),
            one.name,
            destination=one.to,
            event_key=one.key,
            webhook_id=one.webhook_id,
            attempts=one.attempts,
            reason=one.reason,
            http_status=result.status if result else None,
            milliseconds=result.milliseconds if result else None,
        )
        _count(one)


def failure(name: str, error: Exception) -> None:
    """Log what comes again because AWS, or our code, failed."""
    observability.failure(observability.DELIVERER_FAILED, "not handled", error, record=name)


def _count(one: Outcome) -> None:
    if one.name == "delivered" and one.to:
        observability.count_for(observability.DELIVERED, one.to)
        observability.measure(observability.DELIVERY_LATENCY, one.age or 0.0)
    elif one.name in ("failed", "given-up") and one.to:
        if one.result:
            observability.count_for(observability.DELIVERY_FAILED, one.to)
        if one.name == "given-up":
            observability.count(observability.DELIVERY_GIVEN_UP)
