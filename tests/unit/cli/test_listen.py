"""`hooks listen`: what a developer's server gets, how it is signed, and the keys."""

import json
import os
import pty
import termios
import time
from typing import Any

import pytest
from standardwebhooks import Webhook as StandardWebhook
from urllib3.exceptions import NewConnectionError

from cli import forwarding, keyboard
from justcall import signature, url_signature
from ledger import schema
from tests.support.ledger_rows import BODY, TABLE
from tests.support.program import Deployment, Hooks
from tests.support.samples import SECRET

URL = "http://127.0.0.1:8000/hook"
OWN = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
ENTRY = {"number": "+14155559876", "text": "hi", "direction": "outbound"}


class Server:
    """Stands for `local.post.Receiver`: keeps what it was posted, and answers as told."""

    def __init__(self) -> None:
        self.posts: list[tuple[bytes, dict[str, str]]] = []
        self.statuses: list[int | Exception] = []

    def __call__(self, url: str) -> "Server":
        assert url == URL
        return self

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def post(self, body: bytes, headers: dict[str, str]) -> Any:
        self.posts.append((body, headers))
        status = self.statuses.pop(0) if self.statuses else 200
        if isinstance(status, Exception):
            raise status
        return type("Answer", (), {"status": status})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, deployed: Deployment) -> Server:
    made = Server()
    monkeypatch.setattr(forwarding, "Receiver", made)
    return made


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the keys that a person presses, one after each poll; then Ctrl-C."""
    pressed: list[str] = []

    def wait(_self: object, _seconds: float) -> str:
        if not pressed:
            raise KeyboardInterrupt
        return pressed.pop(0)

    monkeypatch.setattr(keyboard.Keyboard, "wait", wait)
    return pressed


def processed(deployed: Deployment, key: str, **entry: Any) -> str:
    return deployed.rows.put(key, body=BODY, entry={**ENTRY, **entry})


def test_a_processed_event_is_posted_as_the_stack_would(
    deployed: Deployment, hooks: Hooks, server: Server, keys: list[str]
) -> None:
    key = processed(deployed, "sms.sent:1", subjects=["message:1"])
    other = processed(
        deployed, "sms.delivered:1", subjects=["message:1"], delivery_status="delivered"
    )
    deployed.rows.put("sms.sent:2", "failed")
    subject = {"pk": {"S": schema.subject_partition("message:1")}, "sk": {"S": schema.MEMBERS}}
    members = {"members": {"SS": [key, other]}, "subjects": {"SS": ["message:1"]}}
    deployed.rows.dynamodb.put_item(TableName=TABLE, Item=subject | members)
    ran = hooks("listen", "--forward", URL, "--secret", OWN, "--since", "1h", "--kind", "sms.sent", "--json")  # fmt: skip
    assert (ran.code, [json.loads(one)["key"] for one in ran.out.splitlines()]) == (130, [key])
    [(body, headers)] = server.posts
    document = json.loads(body)
    assert document["data"]["event"]["key"] == key
    assert document["data"]["message"]["delivery_status"] == "delivered"
    StandardWebhook(OWN).verify(body, headers)


@pytest.mark.parametrize("dialect", ["body-signed", "url-signed"])
def test_a_raw_delivery_is_signed_as_justcall_signs(
    deployed: Deployment, hooks: Hooks, server: Server, keys: list[str], dialect: str
) -> None:
    body = json.dumps({"type": "sms.sent", "webhook_url": "x", "data": {"id": 1}}).encode()
    deployed.rows.put("sms.sent:1", body=body, dialect=dialect)
    keys.append("")
    assert hooks("listen", "--forward", URL, "--raw", "--since", "1h").code == 130
    [(came, headers)] = server.posts
    assert came == body
    stamp = headers.get(url_signature.TIMESTAMP_HEADER, "")
    expected = {
        "body-signed": signature.sign(body, SECRET),
        "url-signed": url_signature.sign(URL, "sms.sent", stamp, SECRET),
    }
    assert headers[signature.HEADER] == expected[dialect]


def test_keys_post_again(
    deployed: Deployment, hooks: Hooks, server: Server, keys: list[str]
) -> None:
    processed(deployed, "sms.sent:1")
    server.statuses = [503, NewConnectionError(None, ""), 200]  # type: ignore[arg-type]
    keys += ["r", "r", "r", "l", "x", "q"]
    ran = hooks("listen", "--forward", URL, "--secret", OWN, "--since", "1h")
    said = [" ".join(one.split()[1:-3]) for one in ran.out.splitlines()]
    assert (ran.code, said) == (0, ["503", "no answer (NewConnectionError)", "200", "200"])
    ids = {headers["webhook-id"] for _, headers in server.posts}
    assert len(ids) == 1


def test_a_secret_is_made_and_printed(
    deployed: Deployment, hooks: Hooks, server: Server, keys: list[str]
) -> None:
    processed(deployed, "sms.sent:1")
    ran = hooks("listen", "--forward", URL, "--since", "1h")
    secret = ran.message.partition("secret ")[2].split()[0]
    [(body, headers)] = server.posts
    StandardWebhook(secret).verify(body, headers)
    assert hooks("listen", "--forward", URL, "--secret", "short").code == 2


def test_in_a_pipe_no_key_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("sys.stdin", type("Pipe", (), {"isatty": lambda: False}))
    monkeypatch.setattr(time, "sleep", waited.append)
    with keyboard.Keyboard() as one:
        assert (one.works, one.wait(2.0)) == (False, "")
    assert waited == [2.0]


def test_keys_of_a_terminal_come_one_by_one_without_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    person, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin, os.fdopen(person, "wb", buffering=0) as typed:
        monkeypatch.setattr("sys.stdin", stdin)
        before = termios.tcgetattr(stdin)
        with keyboard.Keyboard() as one:
            assert one.wait(0) == ""
            typed.write(b"rq")
            assert [one.wait(1), one.wait(1), one.wait(0)] == ["r", "q", ""]
        assert termios.tcgetattr(stdin) == before
