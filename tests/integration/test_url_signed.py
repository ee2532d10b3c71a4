"""The url-signed dialect through the whole path, from the request to the timeline."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from errors import QueueUnavailable
from handler.app import handler
from justcall.catalogue import kind_of
from ledger.bodies import unpack
from ledger.schema import event_partition
from messaging.message import decode
from tests.support import samples, url_samples
from tests.support.cloud import Cloud, Item, process
from tests.support.deliveries import request
from tests.support.url_samples import document, signed

NUMBER = "+14155559876"


def arrive(
    cloud: Cloud, event_type: str, *, timestamp: str = url_samples.TIMESTAMP, **data: Any
) -> None:
    """Let a url-signed event come and be processed."""
    content = samples.body(document(event_type, **data))
    answer = handler(request(content, signed(event_type, timestamp=timestamp)), None)
    assert answer["statusCode"] == 200, answer
    assert cloud.poll(str(kind_of(event_type))) == []


def timeline(cloud: Cloud) -> list[Item]:
    return cloud.timeline(NUMBER)


def shared(entries: list[Item]) -> set[str]:
    """Return the calls or messages that all entries belong to: a reader joins them by these."""
    return set.intersection(*(set(entry["subjects"]) for entry in entries))


@pytest.mark.parametrize("event_type", url_samples.DATA)
def test_every_type_stands_on_its_timeline(cloud: Cloud, event_type: str) -> None:
    """Under the number in E.164, though it comes without a plus; nothing of it is unfit."""
    arrive(cloud, event_type)
    [entry] = timeline(cloud)
    assert (entry["type"], entry["number"]) == (event_type, NUMBER)
    assert entry["at"] == "2026-03-12T14:40:00.000Z"
    assert "unfit" not in repr(entry)
    [status] = cloud.statuses().values()
    assert status == "processed"


# ------------------------------------------------------------ the traps of facts.md


def test_the_outcome_is_the_type_and_not_the_status(cloud: Cloud) -> None:
    """`call_info.status` says Archived; `call_info.type` says how the call ended."""
    info = url_samples.DATA["call.missed"]["call_info"] | {
        "type": "Abandoned",
        "status": "Unarchived",
    }
    arrive(cloud, "call.missed", call_info=info)
    [entry] = timeline(cloud)
    assert entry["outcome"] == "abandoned"
    assert entry["missed_reason"] == "No one answered"


@pytest.mark.parametrize(
    ("spelling", "direction"),
    [("Outgoing", "outbound"), ("OUTGOING", "outbound"), ("Incoming", "inbound")],
)
def test_direction(cloud: Cloud, spelling: str, direction: str) -> None:
    """ "Outgoing" is not read as inbound; it stands beside `sms_info`, and in `call_info`."""
    arrive(cloud, "sms.sent_received", direction=spelling)
    call = url_samples.DATA["call.completed"]["call_info"] | {"direction": spelling}
    arrive(cloud, "call.completed", call_info=call)
    assert {entry["direction"] for entry in timeline(cloud)} == {direction}


def test_the_recording_is_where_it_is(cloud: Cloud) -> None:
    """In `call_info.recording`; a voicemail has its transcription beside it."""
    arrive(cloud, "call.voicemail")
    [entry] = timeline(cloud)
    assert (entry["recording_url"], entry["text"]) == ("https://r.example.com/vm", "Call me")
    assert entry["outcome"] == "voicemail"


def test_a_dialer_call_has_a_number_of_its_own(cloud: Cloud) -> None:
    """The company's number is `sales_dialer_number` there."""
    arrive(cloud, "sd.call_completed")
    [entry] = timeline(cloud)
    assert entry["justcall_number"] == "+14155551234"
    assert entry["campaign"]["name"] == "Renewals"


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["call.answered", "call.completed", "jc.call_ai_generated"])), ids=lambda o: "-".join(o)
)  # fmt: skip
def test_events_of_one_call_are_joined_in_any_order_of_arrival(
    cloud: Cloud, order: tuple[str, ...]
) -> None:
    for event_type in order:
        arrive(cloud, event_type)
    entries = timeline(cloud)
    assert {entry["type"] for entry in entries} == set(order)
    assert shared(entries)
    [call] = [entry for entry in entries if entry["type"] == "call.completed"]
    [ai] = [entry for entry in entries if "ai" in entry]
    assert call["outcome"] == "completed"
    assert ai["ai"]["customer_sentiment"] == "Positive"


@pytest.mark.parametrize(
    ("types", "data"),
    [
        (("sms.received", "sms.sent_received"), {}),
        (("jc.call_ai_generated", "sd.call_ai_generated"), {"call_sid": "CA09"}),
    ],
)
def test_twins_are_joined(cloud: Cloud, types: tuple[str, str], data: Any) -> None:
    """JustCall sends one text, or one AI report, as two types."""
    for event_type in types:
        arrive(cloud, event_type, **data)
    assert len(timeline(cloud)) == 2
    assert shared(timeline(cloud))


def test_status_is_joined_with_its_message(cloud: Cloud) -> None:
    arrive(cloud, "sms.sent")
    arrive(cloud, "sms.status_updated", timestamp="2026-03-12 14:41:00")
    assert [entry.get("delivery_status") for entry in timeline(cloud)][-1] == "failed"
    assert shared(timeline(cloud))


@pytest.mark.parametrize("first", ["call.updated", "call.completed"])
def test_update_that_names_nobody_is_found_by_its_call(cloud: Cloud, first: str) -> None:
    """It is stored under the call, and the call on a timeline leads to it."""
    numbers: dict[str, Any] = {"call.updated": {"contact_number": None}, "call.completed": {}}
    for event_type in sorted(numbers, key=lambda one: one != first):
        arrive(cloud, event_type, **numbers[event_type])
    [call] = timeline(cloud)
    [update] = [one for subject in call["subjects"] for one in cloud.timeline(subject)]
    assert update["notes"] == "Wants an invoice"
    assert shared([call, update])


def test_duplicate_in_another_envelope_leads_to_the_entry_of_the_kept_body(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two url-signed deliveries only `data` is the same, and the entry needs the kept bytes."""
    content = document("call.completed")
    first = samples.body(content | {"request_id": "first"})
    second = samples.body(content | {"request_id": "second", "newer": "x" * 200})
    headers = signed("call.completed")

    def fail(*_: object) -> None:
        raise QueueUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("messaging.queues.Queues.send", fail)
        assert handler(request(first, headers), None)["statusCode"] == 503
    [key] = cloud.statuses()
    moment = datetime.now(UTC) - timedelta(minutes=1)
    cloud.predate(key, moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    assert "duplicate" in handler(request(second, headers), None)["body"]
    [message] = cloud.receive("call.completed")
    assert decode(message["body"]).body is None
    assert process("call.completed", message) == []
    [entry] = timeline(cloud)
    assert (entry["key"], entry["outcome"]) == (key, "completed")
    assert unpack(cloud.raw(event_partition(key))) == first


# ------------------------------------------------------------ consent


FLAGS = [("14:40:00", True), ("14:50:00", False), ("14:55:00", True)]


@pytest.mark.parametrize(
    "order", list(itertools.permutations(FLAGS)), ids=lambda o: " ".join(t[0] for t in o)
)
def test_consent_is_what_was_said_last(cloud: Cloud, order: tuple[tuple[str, bool], ...]) -> None:
    """By the event's own time, in any order of arrival; each event is processed all the same."""
    for time, dnd in order:
        arrive(
            cloud, "jc.contact_status_updated", timestamp=f"2026-03-12 {time}",
            status={"dnd": dnd, "blacklist": False},
        )  # fmt: skip
    assert cloud.consent(NUMBER) == {"dnd": True, "blacklist": False}
    assert set(cloud.statuses().values()) == {"processed"}


def test_flags_at_the_top_mean_nothing(cloud: Cloud) -> None:
    """They are nested in `status`."""
    arrive(cloud, "jc.contact_status_updated", dnd=True, status={"dnm": True})
    assert cloud.consent(NUMBER) == {"dnm": True}


def test_opting_out_by_text(cloud: Cloud) -> None:
    """A body-signed opt-out and opt-in, the later of which counts."""
    out = samples.SMS_OPTOUT
    back = out | {"event": "sms.optin", "timestamp": "2026-03-12T15:00:00Z"}
    for document_ in (back, out):
        assert handler(request(samples.body(document_)), None)["statusCode"] == 200
        assert cloud.poll("consent.changed") == []
    assert cloud.consent(NUMBER) == {"opted_out": False}


def test_a_flag_of_nobody_is_nobodys_state(cloud: Cloud) -> None:
    """Without a number there is no state, and the event stands where a person finds it."""
    arrive(cloud, "jc.contact_status_updated", contact_number=None)
    assert [item for item in cloud.items() if item["pk"].startswith("consent#")] == []
    assert len(cloud.timeline("unknown")) == 1
