"""`hooks send` over a real connection, and the program beside handler and processors."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli import app
from cli.send import key_of
from handler.app import handler
from justcall import signature
from justcall.catalogue import KINDS, module_name
from local.post import Receiver
from tests.support import cli_docs, stack, webhook
from tests.support.cloud import Cloud, poll_everything
from tests.support.deliveries import request
from tests.support.samples import BY_KIND, SECRET, body
from tests.support.webhook import Webhook

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
    queues = f"https://sqs.{stack.REGION}.amazonaws.com/{stack.ACCOUNT}/{stack.STACK}-events-"
    described = {
        "webhook_url": receiver.url(),
        "region": stack.REGION,
        "events_table": cloud.table,
        "secret_arn": stack.physical_name("ApiSecret"),
        "queues": {kind: queues + module_name(kind) for kind in KINDS},
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


def test_the_program_reads_what_handler_and_processors_write(cloud: Cloud, hooks: Hooks) -> None:
    keys = set()
    for document in BY_KIND.values():
        content = body(document)
        assert handler(request(content), None)["statusCode"] == 200
        keys.add(key_of(content))
    assert handler(request(b"no json"), None)["statusCode"] == 200
    poll_everything(cloud)
    listed = json.loads(hooks("events", "--json", "--since", "1h"))
    assert {one["key"] for one in listed if one["status"] == "processed"} == keys
    [quarantined] = [one["key"] for one in listed if one["status"] == "quarantined"]
    assert json.loads(hooks("show", quarantined, "--json"))["body"] == "no json"
    entries = json.loads(hooks("timeline", "+1 415 555 9876", "--json"))
    assert {"call.completed", "sms.received", "contact.created"} <= {one["type"] for one in entries}
    section = cli_docs.TEXT.partition("\n### `hooks timeline --json`")[2].partition("\n### ")[0]
    words = set(re.findall(r"`(\w+)`", section))
    assert {name for entry in entries for name in entry} <= words


# ------------------------------------------------------------------ send


def test_the_handler_accepts_what_send_posts(hooks: Hooks, receiver: Webhook) -> None:
    [sent] = json.loads(hooks("send", "sms.sent", "--json"))["sent"]
    [came] = receiver.requests
    assert (came.method, came.path) == ("POST", webhook.PATH)
    assert came.headers["content-type"] == "application/json"
    assert came.headers[signature.HEADER] == signature.sign(came.body, SECRET)
    assert (sent["status"], sent["answer"]) == (200, '{"status":"accepted"}')
    handled = handler(request(came.body, {signature.HEADER: came.headers[signature.HEADER]}), None)
    assert json.loads(handled["body"]) == {"status": "accepted"}
    assert sent["key"] == key_of(came.body)


def test_the_handler_refuses_what_send_forges(hooks: Hooks, receiver: Webhook) -> None:
    receiver.status = 401
    hooks("send", "--forge")
    hooks("send", "--unsigned")
    forged, unsigned = receiver.requests
    assert signature.HEADER not in unsigned.headers
    header = {signature.HEADER: forged.headers[signature.HEADER]}
    assert handler(request(forged.body, header), None)["statusCode"] == 401
    receiver.status = 200
    hooks("send", "--forge", code=1)


def test_each_of_many_deliveries_arrives_once(hooks: Hooks, receiver: Webhook) -> None:
    sent = json.loads(hooks("send", "--count", "20", "--repeat", "2", "--json"))["sent"]
    assert len(receiver.requests) == 40
    assert sorted(one["key"] for one in sent) == sorted(
        str(key_of(one.body)) for one in receiver.requests
    )


def test_a_name_under_localhost_need_not_resolve(hooks: Hooks, receiver: Webhook) -> None:
    hooks("send", "--url", receiver.url("abc.execute-api.localhost"))
    [came] = receiver.requests
    assert came.headers["host"] == f"abc.execute-api.localhost:{receiver.port}"


def test_a_redirect_is_not_followed(hooks: Hooks, receiver: Webhook) -> None:
    receiver.status, receiver.headers = 307, {"location": receiver.url("localhost")}
    assert json.loads(hooks("send", "--json", code=1))["sent"][0]["status"] == 307
    assert len(receiver.requests) == 1


def test_a_closed_port_ends_with_2(hooks: Hooks) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        said = hooks("send", "--url", url, "--count", "9", code=2)
    assert said.startswith(f"hooks: {url} does not answer (NewConnectionError)")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_look_at_the_receiver_sends_no_body(receiver: Webhook, method: str) -> None:
    with Receiver(receiver.url("abc.localhost")) as there:
        assert there.look(method).status == 200
    [came] = receiver.requests
    assert (came.method, came.body) == (method, b"")
