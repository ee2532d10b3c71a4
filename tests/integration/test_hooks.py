"""The program `hooks` on a table made from template.yaml, and over a real connection."""

import json
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import app, read
from cli.send import key_of
from cli.stack import Stack
from handler.app import handler
from justcall import signature
from justcall.catalogue import KINDS
from ledger import schema
from local.post import Receiver
from tests.support import stack, webhook
from tests.support.cloud import Cloud, poll_everything
from tests.support.deliveries import request
from tests.support.samples import BY_KIND, CALL_COMPLETED, SECRET, SMS_RECEIVED, body, changed
from tests.support.webhook import Webhook

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
# Without it 90 days are looked through, 16 shards each.
RECENT = ("--since", "1h")

type Hooks = Callable[..., str]


@pytest.fixture
def receiver() -> Iterator[Webhook]:
    """Return a webhook URL that answers 200."""
    with webhook.listening() as listening:
        yield listening


@pytest.fixture
def hooks(
    cloud: Cloud,
    receiver: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Hooks:
    """Return what runs the program on the stack, checks its code and returns what it printed."""
    described = {
        "webhook_url": receiver.url(),
        "region": stack.REGION,
        "events_table": cloud.table,
        "secret_arn": stack.physical_name("ApiSecret"),
        "queues": {"sms.sent": "http://queues/sms_sent"},
        "dead_letter_queues": {},
    }
    (tmp_path / "stack.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUSTCALL_HOOKS_LOCAL", str(tmp_path))

    def run(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()  # what handler and processors logged
        with pytest.raises(SystemExit) as ended:
            app.main(arguments)
        out, err = capsys.readouterr()
        assert ended.value.code == code, err
        return out or err

    return run


def deliver(document: dict[str, Any]) -> str:
    """Let the receiver take a signed delivery; return its key."""
    content = body(document)
    assert handler(request(content), None)["statusCode"] == 200
    key = key_of(content)
    assert key is not None
    return key


def keys_of(printed: str) -> list[str]:
    return [one["key"] for one in json.loads(printed)]


def call(number: int) -> dict[str, Any]:
    return changed(CALL_COMPLETED, call_id=f"call_{number:03d}")


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def arrived(cloud: Cloud, key: str, moment: datetime) -> None:
    """Let an event have come at another time, in the index too."""
    cloud.dynamodb.update_item(
        TableName=cloud.table,
        Key={"pk": {"S": f"event#{key}"}, "sk": {"S": "ledger"}},
        UpdateExpression="SET received_at = :at, #bucket = :bucket",
        ExpressionAttributeNames={"#bucket": "bucket"},
        ExpressionAttributeValues={
            ":at": {"S": iso(moment)},
            ":bucket": {"S": schema.bucket(iso(moment), key)},
        },
    )


# ------------------------------------------------------------------ what docs/cli.md promises


def section(command: str) -> str:
    """Return what docs/cli.md says of the JSON of a command."""
    title = f"\n### `{command}`"
    assert title in DOCUMENTED
    return DOCUMENTED.partition(title)[2].partition("\n### ")[0]


def test_events_have_exactly_the_documented_keys(cloud: Cloud, hooks: Hooks) -> None:
    """Every event of `events --json` has the keys of the table in docs/cli.md, in its order."""
    table = re.findall(r"^\| `(\w+)` \|", section("hooks events --json"), re.MULTILINE)
    for document in BY_KIND.values():
        deliver(document)
    assert handler(request(b"no json"), None)["statusCode"] == 200
    poll_everything(cloud)
    found = json.loads(hooks("events", "--json", *RECENT))
    assert [list(one) for one in found] == [table] * (len(KINDS) + 1)
    types: dict[str, Any] = {"text": str, "number": int, "text or null": (str, type(None))}
    described = section("hooks events --json")
    for name, said in re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", described, re.MULTILINE):
        assert all(isinstance(one[name], types[said]) for one in found), name
    quarantined = next(one for one in found if one["status"] == "quarantined")
    assert (quarantined["type"], quarantined["event_time"]) == ("quarantined", None)


def test_show_adds_the_documented_keys(cloud: Cloud, hooks: Hooks) -> None:
    """`show --json` is the event with its steps, its body and its conflicts."""
    key = deliver(CALL_COMPLETED)
    deliver(changed(CALL_COMPLETED, duration=1))
    cloud.poll("call.completed")
    [listed] = json.loads(hooks("events", "--json", *RECENT))
    shown = json.loads(hooks("show", key, "--json"))
    added = re.findall(r"^\| `(\w+)` \|", section("hooks show --json"), re.MULTILINE)
    assert list(shown) == [*listed, *added]
    assert {name: shown[name] for name in listed} == listed
    assert (shown["status"], shown["attempts"], shown["failed_at"]) == ("processed", 1, None)
    assert shown["body"] == CALL_COMPLETED
    [conflict] = shown["conflicts"]
    assert list(conflict) == ["received_at", "body"]
    assert conflict["body"]["data"]["duration"] == 1


def test_timelines_have_documented_keys_only(cloud: Cloud, hooks: Hooks) -> None:
    """Every entry of `timeline --json` has the four keys of all and others that are documented."""
    words = set(re.findall(r"`(\w+)`", section("hooks timeline --json")))
    for document in BY_KIND.values():
        deliver(document)
    poll_everything(cloud)
    entries = json.loads(hooks("timeline", "+1 415 555 9876", "--json"))
    types = [entry["type"] for entry in entries]
    expected = ["call.completed", "sms.received", "sms.sent", "contact.created"]
    assert [one for one in types if one in expected] == expected
    for entry in entries:
        assert {"at", "key", "type", "number"} <= entry.keys()
        assert entry["number"] == "+14155559876"
    assert {name for entry in entries for name in entry} <= words


# ------------------------------------------------------------------ events


def test_the_newest_come_first_over_days_and_shards(cloud: Cloud, hooks: Hooks) -> None:
    """250 events of three days are listed in the order in which they came, whatever the limit."""
    now = datetime.now(UTC)
    expected = []
    for number in range(250):
        key = deliver(call(number))
        arrived(cloud, key, now - timedelta(minutes=15 * number))
        expected.append(key)
    assert keys_of(hooks("events", "--json", "--limit", "1000")) == expected
    assert keys_of(hooks("events", "--json", "--limit", "130")) == expected[:130]
    assert keys_of(hooks("events", "--json")) == expected[:20]
    assert keys_of(hooks("events", "--json", "--since", "1d", "--limit", "1000")) == expected[:96]


def test_no_more_is_read_than_is_shown(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of many events is not read whole for the newest few."""
    monkeypatch.setattr(read, "_PAGE", 5)
    for number in range(60):
        deliver(call(number))
    fetched: list[int] = []
    real = read._fetch

    def counted(of: Stack, keys: Sequence[str]) -> list[read.Document]:
        fetched.append(len(keys))
        return real(of, keys)

    monkeypatch.setattr(read, "_fetch", counted)
    assert len(keys_of(hooks("events", "--json", "--limit", "7"))) == 7
    assert fetched == [5, 5]


def test_a_moment_elsewhere_is_a_moment_here(cloud: Cloud, hooks: Hooks) -> None:
    """--since in a zone where it is tomorrow already still finds what came yesterday in UTC."""
    now = datetime.now(UTC)
    yesterday = now.replace(hour=12) - timedelta(days=1)
    key = deliver(CALL_COMPLETED)
    arrived(cloud, key, yesterday)
    since = (yesterday - timedelta(minutes=1)).replace(tzinfo=None) + timedelta(hours=14)
    assert keys_of(hooks("events", "--json", "--since", f"{since.isoformat()}+14:00")) == [key]
    later = since + timedelta(minutes=2)
    assert keys_of(hooks("events", "--json", "--since", f"{later.isoformat()}+14:00")) == []


def test_events_are_filtered(cloud: Cloud, hooks: Hooks) -> None:
    """--status and --kind leave out the others, wherever they stand in the list."""
    text = deliver(SMS_RECEIVED)
    done = deliver(call(1))
    cloud.poll("call.completed")
    open_ = deliver(call(2))
    assert keys_of(hooks("events", "--json", *RECENT, "--kind", "sms.received")) == [text]
    assert keys_of(hooks("events", "--json", *RECENT, "--status", "processed", "--limit", "1")) == [
        done
    ]
    assert set(keys_of(hooks("events", "--json", *RECENT, "--status", "received"))) == {text, open_}
    assert keys_of(hooks("events", "--json", *RECENT, "--status", "failed")) == []


def test_a_large_body_is_shown_whole(cloud: Cloud, hooks: Hooks) -> None:
    """A body that lies in parts is put together."""
    text = "".join(f"{number:x} " for number in range(150_000))
    key = deliver(changed(SMS_RECEIVED, body=text))
    assert json.loads(hooks("show", key, "--json"))["body"]["data"]["body"] == text


def test_what_is_no_json_is_shown_as_text(cloud: Cloud, hooks: Hooks) -> None:
    """Quarantined bytes are text for programs and people."""
    handler(request(b"no \xff json", base64_encoded=True), None)
    [key] = keys_of(hooks("events", "--json", *RECENT))
    assert json.loads(hooks("show", key, "--json"))["body"] == "no \N{REPLACEMENT CHARACTER} json"
    assert "no \N{REPLACEMENT CHARACTER} json" in hooks("show", key)


def test_what_is_not_there_ends_with_1(cloud: Cloud, hooks: Hooks) -> None:
    """A key that nobody has is told as such."""
    assert "no event nobody" in hooks("show", "nobody", code=1)


# ------------------------------------------------------------------ send


def test_a_delivery_arrives_as_justcall_sends_it(hooks: Hooks, receiver: Webhook) -> None:
    """One POST with JSON, signed with the stack's secret: the handler takes it for what it is."""
    [sent] = json.loads(hooks("send", "sms.sent", "--json"))["sent"]
    [came] = receiver.requests
    assert (came.method, came.path) == ("POST", webhook.PATH)
    assert came.headers["content-type"] == "application/json"
    assert came.headers[signature.HEADER] == signature.sign(came.body, SECRET)
    assert (sent["status"], sent["answer"]) == (200, '{"status":"accepted"}')
    handled = handler(request(came.body, {signature.HEADER: came.headers[signature.HEADER]}), None)
    assert json.loads(handled["body"]) == {"status": "accepted"}
    assert keys_of(hooks("events", "--json", *RECENT)) == [sent["key"]]


def test_forged_and_unsigned_deliveries(hooks: Hooks, receiver: Webhook) -> None:
    """The receiver refuses both, and 401 is what the program expects."""
    receiver.status = 401
    hooks("send", "--forge")
    hooks("send", "--unsigned")
    forged, unsigned = receiver.requests
    assert signature.HEADER not in unsigned.headers
    header = {signature.HEADER: forged.headers[signature.HEADER]}
    assert handler(request(forged.body, header), None)["statusCode"] == 401
    receiver.status = 200
    hooks("send", "--forge", code=1)


def test_many_at_once(hooks: Hooks, receiver: Webhook) -> None:
    """Each of 40 deliveries arrives once."""
    sent = json.loads(hooks("send", "--count", "20", "--repeat", "2", "--json"))["sent"]
    assert len(receiver.requests) == 40
    assert sorted(one["key"] for one in sent) == sorted(
        str(key_of(one.body)) for one in receiver.requests
    )


def test_names_under_localhost_are_reached(hooks: Hooks, receiver: Webhook) -> None:
    """The name need not resolve: it stands in the Host header, with its port."""
    hooks("send", "--url", receiver.url("abc.execute-api.localhost"))
    [came] = receiver.requests
    assert came.headers["host"] == f"abc.execute-api.localhost:{receiver.port}"


def test_a_redirect_is_an_answer(hooks: Hooks, receiver: Webhook) -> None:
    """JustCall is sent nowhere else by an answer, and neither are we."""
    receiver.status, receiver.headers = 307, {"location": receiver.url("localhost")}
    assert json.loads(hooks("send", "--json", code=1))["sent"][0]["status"] == 307
    assert len(receiver.requests) == 1


def test_nobody_there_ends_with_2(hooks: Hooks) -> None:
    """A port where nobody listens is told in one line."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        said = hooks("send", "--url", url, "--count", "9", code=2)
    assert said == f"hooks: {url} does not answer (NewConnectionError)\n"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_whether_somebody_is_there(receiver: Webhook, method: str) -> None:
    """Whoever only looks sends no body, also where the name does not resolve."""
    with Receiver(receiver.url("abc.localhost")) as there:
        assert there.look(method).status == 200
    [came] = receiver.requests
    assert (came.method, came.body) == (method, b"")
