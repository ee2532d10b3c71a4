"""A destination: where events go, which ones, and how it has been lately."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

type Item = Mapping[str, Any]

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
# Why a destination is paused.
BY_OPERATOR = "paused"
GONE = "gone"


class Filters(NamedTuple):
    """Which events a destination gets; an empty filter lets every event pass."""

    kinds: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    direction: str = ""


class State(NamedTuple):
    """How a destination has been; times are in epoch seconds, 0 means never.

    `failures` are the failed attempts since the last success. No attempt is made before `retry_at`.
    """

    paused: str = ""
    failures: int = 0
    failing_since: float = 0.0
    retry_at: float = 0.0
    last_error: str = ""
    last_error_at: float = 0.0


class Destination(NamedTuple):
    """One destination; `rotated_at` changes with its secrets."""

    name: str
    url: str
    filters: Filters = Filters()
    created_at: str = ""
    rotated_at: str = ""
    state: State = State()


def destination_of(settings: Item, state: Item) -> Destination:
    """Return the destination of its two items; `state` may be empty."""
    return Destination(
        name=settings["sk"]["S"],
        url=settings["url"]["S"],
        filters=Filters(
            kinds=_set(settings, "kinds"),
            numbers=_set(settings, "numbers"),
            agents=_set(settings, "agents"),
            direction=_text(settings, "direction"),
        ),
        created_at=_text(settings, "created_at"),
        rotated_at=_text(settings, "rotated_at"),
        state=State(
            paused=_text(state, "paused"),
            failures=int(_number(state, "failures")),
            failing_since=_number(state, "failing_since"),
            retry_at=_number(state, "retry_at"),
            last_error=_text(state, "last_error"),
            last_error_at=_number(state, "last_error_at"),
        ),
    )


def settings_of(destination: Destination) -> dict[str, Any]:
    """Return the attributes of a destination's settings, without those that hold nothing."""
    filters = destination.filters
    texts = {
        "url": destination.url,
        "direction": filters.direction,
        "created_at": destination.created_at,
        "rotated_at": destination.rotated_at,
    }
    sets = {"kinds": filters.kinds, "numbers": filters.numbers, "agents": filters.agents}
    return {
        **{name: {"S": value} for name, value in texts.items() if value},
        **{name: {"SS": sorted(value)} for name, value in sets.items() if value},
    }


def _text(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _number(item: Item, name: str) -> float:
    return float(item.get(name, {}).get("N", 0))


def _set(item: Item, name: str) -> frozenset[str]:
    return frozenset(item.get(name, {}).get("SS", ()))
