"""The documented variants of the kinds' data, and what else is taken."""

import importlib
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from justcall import models, url_models
from justcall.catalogue import KINDS, logical_name, module_name
from justcall.models import Call, Conversation, Direction, EventData, Text
from justcall.url_models import Appointment
from tests.support import samples


def model_of(kind: str) -> type[EventData]:
    module = importlib.import_module(f"processors.{module_name(kind)}")
    model: type[EventData] = getattr(module, logical_name(kind), Appointment)
    return model


def call(**changes: Any) -> Call:
    return Call.model_validate(samples.changed(samples.CALL_COMPLETED, **changes)["data"])


def text(**changes: Any) -> Text:
    return Text.model_validate(samples.changed(samples.SMS_RECEIVED, **changes)["data"])


@pytest.mark.parametrize("kind", KINDS)
def test_samples_fit_their_models(kind: str) -> None:
    """Every sample is understood whole: no field of it is unknown."""
    assert model_of(kind).model_validate(samples.BY_KIND[kind]["data"]).unknown_fields() == {}


def test_the_short_call_fits() -> None:
    """One article shows calls without name, notes and disposition."""
    short = Call.model_validate(samples.CALL_COMPLETED_SHORT["data"])
    assert (short.agent_name, short.notes, short.disposition) == (None, None, None)


@pytest.mark.parametrize("agent", [42, "42", "agent_42", None], ids=repr)
def test_agent_ids(agent: int | str | None) -> None:
    """Agent ids are numbers, texts or null."""
    assert call(agent_id=agent).agent_id == agent


@pytest.mark.parametrize(
    "spelling", ["inbound", "Inbound", "INBOUND", "incoming", "Incoming", " inbound"]
)
def test_directions_in_any_case(spelling: str) -> None:
    """Case varies between articles, and the word between dialects."""
    assert call(direction=spelling).direction is Direction.INBOUND


@pytest.mark.parametrize("direction", ["", "Outgoin", "sideways", "outgoing call", None, 1, True])
def test_other_directions_are_refused(direction: object) -> None:
    """A direction that we do not know is not read as the one or the other."""
    with pytest.raises(ValidationError):
        call(direction=direction)


def test_outgoing_is_outbound() -> None:
    """Though "going" stands in it, and "in" too."""
    assert call(direction="Outgoing").direction is Direction.OUTBOUND


def test_who_is_the_contact() -> None:
    """The contact is the external party, whoever began."""
    inbound = call(direction="inbound", from_="+1", to="+2")
    outbound = call(direction="outbound", from_="+1", to="+2")
    assert (inbound.contact_number, inbound.justcall_number) == ("+1", "+2")
    assert (outbound.contact_number, outbound.justcall_number) == ("+2", "+1")


def test_numbers_may_be_digits_of_json_or_null() -> None:
    """A number that comes as digits is the same number; a withheld one is null."""
    assert call(from_=14155559876).from_ == "14155559876"
    assert call(from_=None).contact_number is None


@pytest.mark.parametrize("number", [True, 1.5, [], {}])
def test_other_numbers_are_refused(number: object) -> None:
    """What is neither digits nor text is no number."""
    with pytest.raises(ValidationError):
        call(from_=number)


@pytest.mark.parametrize(("seconds", "read"), [(0, 0), (185.5, 185.5), ("185", 185)], ids=repr)
def test_durations(seconds: object, read: float) -> None:
    """Seconds are numbers, whole or not."""
    assert call(duration=seconds).duration == read


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), "long"])
def test_other_durations_are_none(seconds: object) -> None:
    """A duration is not negative and not infinite; what it was instead is kept."""
    strange = call(duration=seconds)
    assert strange.duration is None
    assert list(strange.unknown_fields()["unfit"]) == ["duration"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("notes", []), ("notes", 5), ("disposition", {}), ("agent_name", []), ("status", 1),
     ("recording_url", False), ("duration", ""), ("duration", "00:03:05"), ("agent_id", 42.5)],
    ids=repr,
)  # fmt: skip
def test_a_strange_field_does_not_hide_the_call(field: str, value: object) -> None:
    """Only what places an event on a timeline can stop it; the rest is kept as it came."""
    strange = call(**{field: value})
    assert getattr(strange, field) is None
    assert strange.unknown_fields() == {"unfit": {field: value}}


def test_a_long_list_of_strange_media_is_one_error() -> None:
    """Not one for each element: they would fill the function's memory."""
    strange = text(media_urls=[1] * 100_000)
    assert strange.media == []
    assert list(strange.unknown_fields()) == ["unfit"]


@pytest.mark.parametrize("item", [str, url_models.Media])
@pytest.mark.parametrize("found", [[0] * 1000, [None] * 1001])
def test_many_errors_are_one(item: Any, found: list[Any]) -> None:
    """A megabyte holds half a million strange elements; a processor has no room for as many errors."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(models.Many[item]).validate_python(found)
    assert refused.value.error_count() == 1


def test_a_thousand_media_are_read() -> None:
    """One more would each be an object in a processor's memory: the list is kept as it came."""
    assert len(text(media_urls=[f"https://{n}" for n in range(1000)]).media) == 1000
    message = url_models.Message.model_validate({"sms_info": {"mms": [{}] * 1001}})
    assert (message.media, list(message.unknown_fields())) == ([], ["sms_info"])


def test_media_in_either_field() -> None:
    """One article has `media_url`, another `media_urls`; no link is shown twice."""
    one, two = "https://example.com/1", "https://example.com/2"
    assert text(media_url=None).media == []
    assert text(media_url="").media == []
    assert text(media_url=one).media == [one]
    assert text(media_urls=[one, two]).media == [one, two]
    assert text(media_url=one, media_urls=[one, two]).media == [one, two]
    assert text(media_url=None, media_urls=None).media == []


def test_unknown_fields_are_kept() -> None:
    """JustCall adds fields without notice; they are kept as they came."""
    added = {"ai": {"score": 0.5, "words": ["a", None]}, "rating": 5}
    assert call(**added).unknown_fields() == added


@pytest.mark.parametrize("kind", ["sms.received", "sms.sent", "call.missed", "voicemail.received"])
def test_types_that_say_the_direction(kind: str) -> None:
    """Where the type says it, the direction may be left out."""
    data = dict(samples.BY_KIND[kind]["data"])
    said = data.pop("direction")
    read = model_of(kind).model_validate(data)
    assert isinstance(read, Conversation)
    assert read.direction == said


def test_a_call_must_say_its_direction() -> None:
    """A completed call may be either, so it is not guessed at."""
    data = {**samples.CALL_COMPLETED["data"]}
    del data["direction"]
    with pytest.raises(ValidationError):
        model_of("call.completed").model_validate(data)
