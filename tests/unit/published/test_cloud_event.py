"""What leaves the system: one CloudEvent for each processed event."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.catalogue import KINDS
from published import fitting
from tests.support import make_schemas, samples, url_samples
from tests.support.deliveries import signed
from tests.support.faults import Small, World
from tests.unit.published.conftest import Publish, sample

NUMBER = "+14155559876"


def validate(document: dict[str, Any]) -> None:
    kind = document["data"]["event"]["kind"]
    jsonschema_rs.validator_for(make_schemas.schema(kind)).validate(document)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_published_in_the_form_of_its_schema(publish: Publish, kind: str) -> None:
    document = publish(sample(kind))
    validate(document)
    assert document["type"] == f"justcall.{kind}.v1"
    assert document["dataschema"] == make_schemas.schema(kind)["$id"]


@pytest.mark.parametrize("event_type", samples.FURTHER)
def test_further_types_fit_their_schema(publish: Publish, event_type: str) -> None:
    validate(publish(samples.body(samples.FURTHER[event_type])))


@pytest.mark.parametrize("event_type", url_samples.DATA)
def test_url_signed_types_fit_their_schema(deployed: World, event_type: str) -> None:
    content = samples.body(url_samples.document(event_type))
    deployed.deliver(content, signed(content))
    deployed.settle()
    assert deployed.publish()
    for document in deployed.published():
        validate(document)
    assert len(deployed.published()) == 1


def test_attributes_of_a_call(publish: Publish) -> None:
    document = publish(sample("call.completed"))
    assert {name: one for name, one in document.items() if name != "data"} == {
        "specversion": "1.0",
        "id": "call.completed:call_8f3a2b1c#1",
        "source": "urn:justcall-hooks:justcall-hooks-test",
        "type": "justcall.call.completed.v1",
        "subject": NUMBER,
        "time": "2026-03-12T14:30:00.000Z",
        "dataschema": "urn:justcall-hooks:schema:justcall.call.completed.v1",
        "datacontenttype": "application/json",
    }
    event, call = document["data"]["event"], document["data"]["call"]
    assert event["key"] == "call.completed:call_8f3a2b1c"
    assert (event["outcome"], event["duration_seconds"]) == ("completed", 185)
    assert (call["ids"], call["revision"]) == (["call_8f3a2b1c"], 1)
    assert [one["key"] for one in call["events"]] == [event["key"]]


def test_update_carries_the_whole_call_and_its_number(publish: Publish) -> None:
    """The update names neither number nor duration; the call does."""
    publish(sample("call.completed"))
    update = {
        "event": "call.updated",
        "timestamp": "2026-03-12T14:41:00Z",
        "data": {"call_id": "call_8f3a2b1c", "notes": "told later"},
    }
    document = publish(samples.body(update))
    validate(document)
    call = document["data"]["call"]
    assert document["subject"] == NUMBER
    assert "number" not in document["data"]["event"]
    assert (call["notes"], call["duration_seconds"], call["revision"]) == ("told later", 185, 2)
    assert document["id"].endswith("#2")


def test_event_that_stands_alone_has_its_key_as_id(publish: Publish) -> None:
    document = publish(sample("contact.created"))
    assert document["id"] == document["data"]["event"]["key"]
    assert set(document["data"]) == {"event"}


def test_withheld_caller_has_no_subject(publish: Publish) -> None:
    document = publish(sample("call.missed", **{"from": "anonymous"}))
    assert "subject" not in document
    assert "number" not in document["data"]["event"]


def test_same_state_is_published_with_the_same_id_and_content(
    deployed: World, publish: Publish
) -> None:
    publish(sample("call.completed"))
    first = deployed.published()[-1]
    assert isinstance(deployed.backend, Small)
    deployed.backend.tables.stream += _again(deployed.backend)
    assert deployed.publish()
    assert deployed.published() == [first, first]


def _again(small: Small) -> list[Any]:
    """Return the stream's record of each processed event once more."""
    return [
        {
            "eventName": "MODIFY",
            "dynamodb": {
                "Keys": {"pk": item["pk"], "sk": item["sk"]},
                "OldImage": item | {"status": {"S": "received"}},
                "NewImage": item,
            },
        }
        for item in small.tables.items()
        if item.get("status") == {"S": "processed"}
    ]


# ------------------------------------------------------------ size


def test_long_fields_are_left_out_and_named(publish: Publish) -> None:
    """The longest go first; what consumers find an event by stays."""
    document = publish(sample("call.completed", notes="x" * 150_000, disposition="kept"))
    validate(document)
    event, call = document["data"]["event"], document["data"]["call"]
    left_out = {*event.get("left_out", ()), *call.get("left_out", ())}
    assert left_out == {"notes"}
    assert event["disposition"] == call["disposition"] == "kept"
    assert len(json.dumps(document, separators=(",", ":"))) <= fitting.MAX_BYTES


@given(
    st.dictionaries(st.text(max_size=5), st.text(max_size=40), max_size=30), st.integers(600, 2000)
)
def test_fitting_text_is_never_longer_than_the_limit(fields: dict[str, str], limit: int) -> None:
    document = {"data": {"event": {"key": "k"} | {f"f{name}": one for name, one in fields.items()}}}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fitting, "MAX_BYTES", limit)
        written = fitting.text(document)
    left_out = json.loads(written)["data"]["event"].get("left_out", [])
    kept = set(json.loads(written)["data"]["event"]) - {"left_out"}
    assert kept | set(left_out) == {"key", *(f"f{name}" for name in fields)}
    assert len(written) <= limit or kept == {"key"}
