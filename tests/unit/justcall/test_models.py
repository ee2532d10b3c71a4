"""Every variant of the kinds' data is read, and nothing of it is refused."""

from typing import Any

import pytest

from justcall.catalogue import KINDS, logical_name, module_name
from justcall.models import Call, EventData, Message
from tests.support import samples
from tests.support.acting import model_of


def call(**changes: Any) -> Call:
    return Call.read(samples.changed(samples.CALL_COMPLETED, **changes)["data"])


def text(**changes: Any) -> Message:
    return Message.read(samples.changed(samples.SMS_RECEIVED, **changes)["data"])


@pytest.mark.parametrize("kind", KINDS)
def test_samples_fit_their_models(kind: str) -> None:
    """Every sample is understood whole: no field of it is unknown or unfit."""
    event = model_of(kind).read(samples.BY_KIND[kind]["data"])
    assert type(event).__name__ == logical_name(kind), module_name(kind)
    assert (event.unknown_fields, event.unfit) == ({}, {})


@pytest.mark.parametrize("agent", [42, "42", "agent_42", None], ids=repr)
def test_agent_ids(agent: int | str | None) -> None:
    """Agent ids are numbers, texts or null."""
    assert call(agent_id=agent).agent_id == agent


@pytest.mark.parametrize(
    "spelling", ["inbound", "Inbound", "INBOUND", "incoming", "I", "in", " inbound", ["Incoming"]]
)
def test_directions_in_any_case(spelling: object) -> None:
    """Case varies between articles, and the word between dialects."""
    assert call(direction=spelling).direction == "inbound"


@pytest.mark.parametrize("direction", ["sideways", 1, True, "1", {"a": 1}, ["in", "out"]], ids=repr)
def test_other_directions_are_unfit(direction: object) -> None:
    """A direction that we do not know is not read as the one or the other."""
    event = call(direction=direction)
    assert (event.direction, event.unfit) == (None, {"direction": direction})


def test_outgoing_is_outbound() -> None:
    """Though "going" is in it, and "in" too."""
    assert call(direction="Outgoing").direction == "outbound"


@pytest.mark.parametrize(
    ("seconds", "read"), [(0, 0), (185.5, 185.5), ("185", 185), ([185], 185)], ids=repr
)
def test_durations(seconds: object, read: float) -> None:
    """Seconds are numbers, whole or not."""
    assert call(duration=seconds).duration == read


STRANGE = [("duration", -1), ("duration", "long"), ("duration", True), ("duration", "00:03:05"), ("duration", "inf"),
           ("duration", 10**400), ("notes", {"a": 1}), ("notes", ["a", "b"]), ("notes", True), ("agent_id", 42.5), ("agent_id", True),
           ("from", {"a": 1}), ("recording_url", True)]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), STRANGE, ids=lambda one: repr(one)[:20])
def test_strange_field_does_not_hide_the_call(field: str, value: object) -> None:
    """It is kept as it came, and the other fields are read."""
    event = call(**{field: value})
    assert event.unfit == {field: value}
    assert event.call_id == "call_8f3a2b1c"


@pytest.mark.parametrize("nothing", [None, "", [], {}, False, [None], [[], ""]], ids=repr)
def test_nothing_in_a_field(nothing: object) -> None:
    """It is neither a value nor unfit."""
    event = call(notes=nothing, duration=nothing, agent_id=nothing, direction=nothing)
    assert (event.notes, event.duration, event.agent_id, event.direction) == (None,) * 4
    assert event.unfit == {}


def test_first_place_that_fits() -> None:
    """Another place of a field is read if the first does not fit; both are shown."""
    event = Call.read({"call_info": {"notes": {"odd": 1}}, "notes": "n"})
    assert (event.notes, event.unfit) == ("n", {"call_info.notes": {"odd": 1}})
    event = Call.read({"call_info": {"notes": "inner"}, "notes": "outer"})
    assert (event.notes, event.unknown_fields) == ("inner", {"notes": "outer"})


def test_media_in_either_field() -> None:
    """One article has `media_url`, another `media_urls`; no link is shown twice."""
    one, two = "https://example.com/1", "https://example.com/2"
    assert text(media_url=None).media is None
    assert text(media_url="").media is None
    assert text(media_url=one).media == [one]
    assert text(media_urls=[one, two]).media == [one, two]
    assert text(media_url=one, media_urls=[two, one, None]).media == [one, two]
    assert text(media_urls=[one, 7, {"a": 1}]).unknown_fields == {"media_urls": [7, {"a": 1}]}


def test_unknown_fields_are_kept() -> None:
    """JustCall adds fields without notice; they are kept as they came, in inner objects too."""
    added = {"ai": {"score": 0.5, "words": ["a", None]}, "rating": 5, "call_info": {"x": ""}}
    assert call(**added).unknown_fields == added
    assert call(call_info={"notes": "n"}).unknown_fields == {"notes": "Customer confirmed renewal."}


def test_reading_changes_nothing() -> None:
    """The event that was read can be read again."""
    data = {"call_info": {"notes": "n"}, "media_urls": ["a"]}
    assert EventData.read(data) == EventData.read(data)
    assert Call.read(data) == Call.read(data)
    assert data == {"call_info": {"notes": "n"}, "media_urls": ["a"]}
