"""Which destinations get an event."""

from collections.abc import Iterator, Mapping
from typing import Any

from deliveries.destination import Filters

# Fields by which a number or an agent is known.
_NUMBERS = ("justcall_number", "number")
_AGENTS = ("agent_id", "agent_email", "agent_name")


def matches(filters: Filters, document: Mapping[str, Any]) -> bool:
    """Return whether a CloudEvent passes all filters.

    What the event itself does not say is taken from its call or message.
    """
    data = document["data"]
    return (
        _kind_fits(filters.kinds, data["event"]["kind"])
        and _one_fits(filters.numbers, _values(data, _NUMBERS))
        and _one_fits(filters.agents, (one.lower() for one in _values(data, _AGENTS)))
        and _one_fits(
            frozenset({filters.direction} - {""}), list(_values(data, ("direction",)))[:1]
        )
    )


def _kind_fits(kinds: frozenset[str], kind: str) -> bool:
    """Return whether a kind is wanted, by its name or by its group, such as `call.*`."""
    return not kinds or kind in kinds or f"{kind.partition('.')[0]}.*" in kinds


def _one_fits(wanted: frozenset[str], values: Any) -> bool:
    return not wanted or any(one in wanted for one in values)


def _values(data: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    """Yield the values of fields, the event's own before those of its call or message."""
    for part in ("event", "call", "message"):
        fields = data.get(part, {})
        yield from (str(fields[name]) for name in names if fields.get(name))
