"""`hooks events`, `show`, `timeline` and `contact`: what they list, and how little they read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.reading import events, table
from cli.reading import timeline as reading
from justcall.moments import iso
from ledger import schema
from tests.support.cli_docs import documented
from tests.support.ledger_rows import TABLE, letter
from tests.support.program import Deployment, Hooks

NOW = datetime.now(UTC)
NUMBER = "+14155559876"


def ago(**past: float) -> str:
    return iso((NOW - timedelta(**past)).timestamp())


def at(minute: int) -> str:
    return f"2026-03-12T14:{minute:02d}:00.000Z"


def keys(rows: list[dict[str, Any]]) -> list[str]:
    return [one["key"] for one in rows]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the partitions that queries ask, as they are asked."""
    partitions: list[str] = []
    real = table.query

    def query(stack: Any, condition: str, values: dict[str, str], **more: Any) -> Iterator[Any]:
        partitions.append(values.get(":cell") or values.get(":contact") or values[":pk"])
        return real(stack, condition, values, **more)

    monkeypatch.setattr(table, "query", query)
    return partitions


# ------------------------------------------------------------------ events


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no listing end early: moto is slow."""
    monkeypatch.setattr(events, "MAX_SECONDS", 600.0)


def test_events_of_all_statuses_are_newest_first(deployed: Deployment, hooks: Hooks) -> None:
    expected = [
        deployed.rows.put(f"sms.sent:{number}", status, ago(hours=2 * number))
        for number, status in enumerate([*events.STATUSES] * 2)
    ]
    assert keys(hooks("events", "--json", "--since", "3d").json) == expected
    assert keys(hooks("events", "--json", "--limit", "5").json) == expected[:5]
    assert keys(hooks("events", "--json", "--since", "11h").json) == expected[:6]


@pytest.mark.parametrize("status", events.STATUSES)
def test_events_of_one_status_leave_out_the_others(
    deployed: Deployment, hooks: Hooks, asked: list[str], status: str
) -> None:
    for number, one in enumerate(events.STATUSES):
        deployed.rows.put(f"sms.sent:{one}", one, ago(minutes=number))
    found = hooks("events", "--json", "--status", status, "--since", "1h", "--limit", "1").json
    assert keys(found) == [f"sms.sent:{status}"]
    assert {cell.partition("#")[0] for cell in asked} == {status}


def test_enough_events_end_the_reading(
    deployed: Deployment, hooks: Hooks, asked: list[str]
) -> None:
    for number in range(10):
        deployed.rows.put(f"sms.sent:{number}", "processed", iso(NOW.timestamp() - 0.01 * number))
    found = hooks("events", "--json", "--limit", "3")
    assert len(found.json) == 3
    assert "--before" in found.message
    days = {cell for cell in asked if cell.startswith("processed")}
    assert len(days) <= 2 * schema.SHARDS  # the events may be of yesterday, at midnight


def test_a_status_that_waits_asks_no_days(
    deployed: Deployment, hooks: Hooks, asked: list[str]
) -> None:
    old = deployed.rows.put("sms.sent:old", "stuck", ago(days=900))
    assert keys(hooks("events", "--json", "--since", "1970-01-01", "--status", "stuck").json) == [
        old
    ]
    assert sorted(asked) == sorted(schema.cells("stuck"))


def test_days_older_than_the_retention_are_not_asked(
    deployed: Deployment, hooks: Hooks, asked: list[str]
) -> None:
    assert hooks("events", "--json", "--since", "1970-01-01").json == []
    days = {cell.split("#")[1] for cell in asked if cell.startswith("processed")}
    assert len(days) in (4, 5)


def test_a_listing_that_takes_too_long_says_how_to_continue(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = deployed.rows.put("sms.sent:old", "processed", ago(hours=50))
    monkeypatch.setattr(events, "MAX_SECONDS", 0.0)
    found: list[str] = []
    more: list[str] = []
    for _ in range(9):
        ran = hooks("events", "--json", "--since", "1970-01-01", *more)
        found += keys(ran.json)
        before = re.search(r"--before (\S+)", ran.message)
        if not before:
            break
        more = ["--before", before[1]]
    assert found == [old]
    assert more


def test_a_continued_listing_neither_loses_nor_repeats(deployed: Deployment, hooks: Hooks) -> None:
    moments = [ago(minutes=number // 3) for number in range(20)]  # three in each millisecond
    expected = {deployed.rows.put(f"sms.sent:{n}", "failed", one) for n, one in enumerate(moments)}
    found: list[str] = []
    more: list[str] = []
    for _ in range(20):
        ran = hooks("events", "--json", "--status", "failed", "--limit", "4", *more)
        found += keys(ran.json)
        if not ran.err:
            break
        more = ["--before", ran.json[-1]["received_at"]]
    assert (len(found), set(found)) == (20, expected)


@pytest.mark.parametrize("moment", ["0001-01-01", "1970-01-01", "9999-12-31T23:59:59"])
def test_an_extreme_time_ends_quickly(
    deployed: Deployment, hooks: Hooks, asked: list[str], moment: str
) -> None:
    key = deployed.rows.put("sms.sent:1", "processed")
    since = keys(hooks("events", "--json", "--since", moment).json)
    before = keys(hooks("events", "--json", "--since", "2d", "--before", moment).json)
    assert (since, before) == (([], [key]) if moment > "2026" else ([key], []))
    assert len(asked) < 60


def test_without_since_a_day_is_listed_and_the_rest_by_before(
    deployed: Deployment, hooks: Hooks, asked: list[str]
) -> None:
    expected = [
        deployed.rows.put(f"sms.sent:{hours}", status, ago(hours=hours))
        for hours, status in ((1, "processed"), (23, "stuck"), (25, "stuck"), (50, "processed"), (9999, "stuck"))
    ]  # fmt: skip
    ran = hooks("events", "--json")
    assert keys(ran.json) == expected[:2]
    # Two days; after 23:00 UTC also the next, because clocks may differ.
    assert len(asked) <= (len(events.STATUSES) - 1 + 3) * schema.SHARDS
    found = keys(ran.json)
    while before := re.search(r"--before (\S+)", ran.message):
        ran = hooks("events", "--json", "--before", before[1])
        found += keys(ran.json)
    assert found == expected
    assert keys(hooks("events", "--json", "--since", "3d").json) == expected[:4]
    assert keys(hooks("events", "--json", "--status", "stuck").json) == [
        expected[i] for i in (1, 2, 4)
    ]


def test_a_full_page_reads_no_older_day(
    deployed: Deployment, hooks: Hooks, asked: list[str]
) -> None:
    for number in range(5):
        deployed.rows.put(f"sms.sent:{number}", "processed", ago(hours=50))
    assert len(hooks("events", "--json", "--since", "365d", "--limit", "5").json) == 5
    days = {cell.split("#")[1] for cell in asked if cell.startswith("processed")}
    assert len(days) <= 4


def test_kind_selects_a_type_or_all_types_of_a_kind(deployed: Deployment, hooks: Hooks) -> None:
    one, other = (
        deployed.rows.put(f"{name}:1") for name in ("call.completed", "sd.call_completed")
    )
    deployed.rows.put("sms.sent:1")
    assert set(
        keys(hooks("events", "--json", "--kind", "call_completed", "--status", "received").json)
    ) == {one, other}
    assert keys(
        hooks("events", "--json", "--kind", "sd.call_completed", "--status", "received").json
    ) == [other]


def test_an_event_that_moved_on_is_not_listed_under_its_old_status(
    deployed: Deployment, hooks: Hooks
) -> None:
    key = deployed.rows.put("sms.sent:1", "failed")
    deployed.rows.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"event#{key}"}, "sk": {"S": "ledger"}},
        UpdateExpression="SET #s = :s",  # the index lags: its cell is the old one
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "processed"}},
    )
    assert hooks("events", "--json", "--status", "failed").json == []


def test_events_have_the_documented_fields(deployed: Deployment, hooks: Hooks) -> None:
    deployed.rows.put("sms.sent:1")
    [event] = hooks("events", "--json", "--status", "received").json
    assert list(event) == documented("hooks events --json")


def test_nothing_found_is_an_empty_list_or_a_sentence(deployed: Deployment, hooks: Hooks) -> None:
    for code, command in enumerate((["events", "--status", "failed"], ["timeline", NUMBER])):
        ran = hooks(*command, "--json")
        assert (ran.code, ran.json) == (code, [])
        assert hooks(*command).out.startswith("No")


def test_a_kind_that_nobody_knows_ends_with_1(deployed: Deployment, hooks: Hooks) -> None:
    ran = hooks("events", "--kind", "sms.snet", "--status", "failed", "--json")
    assert (ran.code, ran.json, "sms.snet" in ran.err) == (1, [], True)
    for known in ("sms.sent", "sms.delivered"):
        assert hooks("events", "--kind", known, "--status", "failed").code == 0
    deployed.rows.put("sms.snet:1", "unhandled")
    assert hooks("events", "--kind", "sms.snet").code == 0


# ------------------------------------------------------------------ show


def test_show_has_the_documented_fields(deployed: Deployment, hooks: Hooks) -> None:
    body, other = b'{"a": {"b": [1]}}', b"no json \xff"
    key = deployed.rows.put("sms.sent:1", "failed", body=body, error="x", attempts=5, sweeps=1)
    deployed.rows.evidence(key, other)
    event = hooks("show", key, "--json").json
    [listed] = hooks("events", "--json", "--status", "failed").json
    assert list(event) == [*listed, *documented("hooks show --json")]
    assert {name: event[name] for name in listed} == listed
    assert (event["body"], event["sweeps"], event["error"]) == ({"a": {"b": [1]}}, 1, "x")
    [conflict] = event["conflicts"]
    assert conflict["body"] == "no json \N{REPLACEMENT CHARACTER}"
    assert "no json" in hooks("show", key).out


def test_show_finds_the_dead_letter(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put("sms.sent:1", "failed")
    assert hooks("show", key, "--json").json["dead_letter"] is None
    deployed.send_dead(letter(key, received_at=ago(minutes=1)))
    assert hooks("show", key, "--json").json["dead_letter"]["key"] == key
    assert deployed.depth("dead-letters") == 1


def test_a_body_too_deep_for_json_is_text(deployed: Deployment, hooks: Hooks) -> None:
    deep = b'{"a": ' + b"[" * 12_000 + b"]" * 12_000 + b"}"
    key = deployed.rows.put("sms.sent:1", "stuck", body=deep)
    assert hooks("show", key, "--json").json["body"] == deep.decode()
    assert hooks("show", key).code == 0
    key = deployed.rows.put("sms.sent:2", "stuck", body=b'{"a": "' + b"[" * 12_000 + b'"}')
    assert hooks("show", key, "--json").json["body"] == {"a": "[" * 12_000}


def test_a_key_that_does_not_exist_ends_with_1(deployed: Deployment, hooks: Hooks) -> None:
    ran = hooks("show", "call.completed:nobody")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("hooks: No event call.completed:nobody")


# ------------------------------------------------------------------ timeline


def call(deployed: Deployment, name: str, minute: int, call_id: str, **more: Any) -> str:
    """Write an event of a call; both forms of its subject, so that either `joined` joins it."""
    contact = more.pop("contact", NUMBER)
    subject = f"call:{call_id}"
    entry = {"at": at(minute), "number": NUMBER, "subject": subject, "subjects": [subject], **more}
    return deployed.rows.put(f"{name}:{call_id}-{minute}", entry=entry, contact=contact)


def test_a_call_is_one_entry_with_its_events(deployed: Deployment, hooks: Hooks) -> None:
    first = call(deployed, "call.completed", 1, "a", outcome="completed")
    text = deployed.rows.put("sms.sent:t", entry={"at": at(2), "number": NUMBER, "text": "hi"})
    update = call(deployed, "call.updated", 5, "a", notes="called back")
    entries = hooks("timeline", "+1 415 555 9876", "--json").json
    assert keys(entries) == [first, text]
    assert keys(entries[0]["events"]) == [first, update]
    assert (entries[0]["outcome"], entries[0]["notes"]) == ("completed", "called back")


def test_events_that_name_no_contact_are_found_by_their_call(
    deployed: Deployment, hooks: Hooks
) -> None:
    call(deployed, "call.completed", 1, "a")
    unnamed = call(deployed, "jc.call_ai_generated", 9, "a", contact="call:a", notes="summary")
    call(deployed, "jc.call_ai_generated", 9, "b", contact="call:b", notes="of somebody else")
    [entry] = hooks("timeline", NUMBER, "--json").json
    assert unnamed in keys(entry["events"])
    assert entry["notes"] == "summary"


def test_limit_counts_calls_and_leaves_each_whole(deployed: Deployment, hooks: Hooks) -> None:
    """The call that began first has the newest news: it is shown, with its beginning."""
    old = [call(deployed, "call.completed", 1, "old"), call(deployed, "call.updated", 50, "old")]
    for minute in range(10, 40):
        call(deployed, "call.completed", minute, f"c{minute}")
    ran = hooks("timeline", NUMBER, "--json", "--limit", "3")
    assert [keys(one["events"]) for one in ran.json if "events" in one] == [old]
    assert keys(ran.json)[1:] == ["call.completed:c38-38", "call.completed:c39-39"]
    before = re.search(r"--before (\S+)", ran.message)
    assert before
    rest = hooks("timeline", NUMBER, "--json", "--before", before[1])
    assert len(rest.json) == 28
    assert not set(keys(ran.json)) & set(keys(rest.json))
    assert rest.err == ""


def test_a_very_long_timeline_is_cut_and_says_so(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_EVENTS", 10)
    for minute in range(25):
        call(deployed, "call.completed", minute, f"c{minute}")
    found: list[str] = []
    more: list[str] = []
    for _ in range(3):
        ran = hooks("timeline", NUMBER, "--json", *more)
        found += keys(ran.json)
        before = re.search(r"--before (\S+)", ran.message)
        more = ["--before", before[1]] if before else []
    assert len(found) == len(set(found)) == 25
    assert not more


def test_unknown_shows_withheld_callers_newest_first(deployed: Deployment, hooks: Hooks) -> None:
    expected = [
        call(deployed, "call.missed", minute, f"c{minute}", contact="unknown")
        for minute in range(5)
    ]
    assert keys(hooks("timeline", "unknown", "--json").json) == expected[::-1]


def test_a_damaged_entry_hides_no_other(deployed: Deployment, hooks: Hooks) -> None:
    whole = call(deployed, "call.completed", 1, "a")
    damaged = call(deployed, "call.completed", 2, "b")
    deployed.rows.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"event#{damaged}"}, "sk": {"S": "ledger"}},
        UpdateExpression="SET entry = :x",
        ExpressionAttributeValues={":x": {"B": b"x"}},
    )
    assert keys(hooks("timeline", NUMBER, "--json").json) == [whole, damaged]


def test_a_number_without_a_country_is_hinted_at(deployed: Deployment, hooks: Hooks) -> None:
    for command in ("timeline", "contact"):
        assert "+14155559876" in hooks(command, "4155559876").out


# ------------------------------------------------------------------ contact


EARLY, LATE = "2026-03-12T14:30:00.000Z", "2026-03-12T15:30:00.000Z"


def test_contact_shows_every_flag_and_its_history(deployed: Deployment, hooks: Hooks) -> None:
    """The newest change is first."""
    for change in (
        f"dnd#{EARLY}#set#5d1c#jc.contact_status_updated:7:a",
        f"opted_out#{EARLY}#set#5d1c#sms.optout:1",
        f"opted_out#{LATE}#clear-if-set#5d1c#sms.received:2",
    ):
        deployed.rows.consent(NUMBER, change)
    shown = hooks("contact", "+1 (415) 555-9876", "--json").json
    assert shown == {
        "number": NUMBER,
        "consent": {
            "dnd": {"value": True, "since": EARLY, "key": "jc.contact_status_updated:7:a"},
            "opted_out": {"value": False, "since": LATE, "key": "sms.received:2"},
        },
        "history": [
            {
                "flag": flag,
                "at": at,
                "change": change,
                "type": key.partition(":")[0],
                "key": key,
                "displaced": False,
            }
            for flag, at, change, key in (
                ("opted_out", LATE, "clear-if-set", "sms.received:2"),
                ("opted_out", EARLY, "set", "sms.optout:1"),
                ("dnd", EARLY, "set", "jc.contact_status_updated:7:a"),
            )
        ],
    }
    flags, changes = hooks("contact", NUMBER).out.split("\n\nHistory:\n")
    assert [line.split()[:2] for line in flags.splitlines()[1:]] == [
        ["dnd", "yes"],
        ["opted_out", "no"],
    ]
    assert [line.split() for line in changes.splitlines()[1:]] == [
        ["opted_out", "clear-if-set", "2026-03-12", "15:30:00", "sms.received", "sms.received:2"],
        ["opted_out", "set", "2026-03-12", "14:30:00", "sms.optout", "sms.optout:1"],
        [
            "dnd",
            "set",
            "2026-03-12",
            "14:30:00",
            "jc.contact_status_updated",
            "jc.contact_status_updated:7:a",
        ],
    ]


def test_change_by_a_displaced_body_is_shown_and_does_not_count(
    deployed: Deployment, hooks: Hooks
) -> None:
    """A forged opt-in, processed before the authentic event took its key over, allows no call."""
    key = deployed.rows.put("jc.contact_status_updated:7:a")
    body = deployed.rows.get(key)["body_hash"].hex()[:16]
    for change in (
        f"dnd#{EARLY}#set#{body}#{key}",
        f"dnd#{LATE}#clear#0123456789abcdef#{key}",
        f"dnm#{LATE}#clear#0123456789abcdef#{key}",
        f"blacklist#{EARLY}#set#0123456789abcdef#expired",
    ):
        deployed.rows.consent(NUMBER, change)
    shown = hooks("contact", NUMBER, "--json").json
    assert {name: flag["value"] for name, flag in shown["consent"].items()} == {
        "dnd": True,
        "blacklist": True,
    }
    assert {(one["flag"], one["change"], one["displaced"]) for one in shown["history"]} == {
        ("dnm", "clear", True),
        ("dnd", "clear", True),
        ("dnd", "set", False),
        ("blacklist", "set", False),
    }
    assert "clear (displaced)" in hooks("contact", NUMBER).out


def test_contact_of_whom_only_a_yes_is_known(deployed: Deployment, hooks: Hooks) -> None:
    """It has a history, and no state."""
    deployed.rows.consent(NUMBER, f"opted_out#{LATE}#clear-if-set#5d1c#sms.received:2")
    shown = hooks("contact", NUMBER, "--json").json
    assert (shown["consent"], len(shown["history"])) == ({}, 1)
    assert "clear-if-set" in hooks("contact", NUMBER).out
