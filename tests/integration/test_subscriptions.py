"""`hooks subscribe`, `subscriptions`, `unsubscribe` against a stand-in for JustCall's API."""

import json
from collections.abc import Callable, Iterator
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from cli import app, justcall_api, subscriptions
from cli.credentials import Credentials
from cli.errors import UsageError
from cli.justcall_api import Api
from cli.rate_limit import seconds_to_wait
from tests.support import cli_docs
from tests.support.justcall_api import KEY, SECRET, Answer, JustCallApi, listening

OWN = "https://api.example.test/webhooks/justcall"
OTHER = "https://elsewhere.example.test/hook"
DOWN = Answer(503, b"<html>")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


type Hooks = Callable[..., Ran]


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.waits.append(round(seconds, 1))
        self.now += seconds


@pytest.fixture
def account() -> Iterator[JustCallApi]:
    """Return an account that somebody else's URL is subscribed in."""
    with listening() as api:
        api.add("call.completed", OTHER)
        yield api


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch, account: JustCallApi) -> Time:
    """Return the time of program and stand-in."""
    time = Time()
    defaults = Api.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "clock", time.clock)
    monkeypatch.setitem(defaults, "sleep", time.sleep)
    account.clock = time.clock
    return time


@pytest.fixture
def hooks(
    monkeypatch: pytest.MonkeyPatch,
    account: JustCallApi,
    time: Time,
    capsys: pytest.CaptureFixture[str],
) -> Hooks:
    """Return what runs the program for a deployed stack; no credential is ever printed."""
    stack = SimpleNamespace(webhook_url=OWN, secret=SECRET)
    monkeypatch.setattr("cli.stack.find", lambda *_: stack)
    monkeypatch.setenv("JUSTCALL_API_KEY", KEY)
    monkeypatch.setenv("JUSTCALL_API_URL", account.url)

    def run(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            app.main(arguments)
        assert isinstance(ended.value.code, int)
        ran = Ran(ended.value.code, *capsys.readouterr())
        assert KEY not in ran.out + ran.err
        assert SECRET not in ran.out + ran.err
        assert "\x1b" not in ran.out + ran.err
        return ran

    return run


def outcomes(ran: Ran) -> dict[str, str]:
    return {one["type"]: one["outcome"] for one in json.loads(ran.out)["types"]}


# ------------------------------------------------------------------ subscribe


def test_every_documented_type(hooks: Hooks, account: JustCallApi, time: Time) -> None:
    ran = hooks("subscribe", "--json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert (document["dry_run"], document["webhook_url"], document["failed"]) == (False, OWN, 0)
    assert sorted(account.types(OWN)) == sorted(subscriptions.TYPES)
    assert len(account.requests) == 24
    assert time.waits == []
    for name in (*document, *document["types"][0]):
        assert f"`{name}`" in cli_docs.TEXT, f"docs/cli.md does not tell of {name}"


def test_never_twice(hooks: Hooks, account: JustCallApi) -> None:
    account.add("sms.sent", OWN)
    hooks("subscribe")
    posts = account.posts
    assert posts == 22
    ran = hooks("subscribe", "--json")
    assert ran.code == 0
    assert set(outcomes(ran).values()) == {"already"}
    assert account.posts == posts
    assert len(account.types(OWN)) == len(set(account.types(OWN))) == 23


def test_the_same_type_for_another_url_is_another(hooks: Hooks, account: JustCallApi) -> None:
    assert outcomes(hooks("subscribe", "--types", "call.completed", "--json")) == {
        "call.completed": "subscribed"
    }
    assert account.types(OTHER) == ["call.completed"]


def test_dry_run_only_looks(hooks: Hooks, account: JustCallApi) -> None:
    ran = hooks("subscribe", "--types", "sms.sent,sms.received", "--dry-run")
    assert ran.code == 0
    assert "would be subscribed" in ran.out
    assert account.requests == [("GET", "/v2.1/webhooks")]


def test_duplicates_that_are_there_are_told(hooks: Hooks, account: JustCallApi) -> None:
    account.add("sms.sent", OWN)
    account.add("sms.sent", OWN)
    ran = hooks("subscribe", "--types", "sms.sent")
    assert "2 times" in ran.out
    assert account.posts == 0


def test_a_type_that_justcall_refuses_stops_no_other(hooks: Hooks, account: JustCallApi) -> None:
    account.refused_types = {"call.odd"}
    ran = hooks("subscribe", "--types", "call.odd,sms.sent", "--json")
    assert ran.code == 1
    assert outcomes(ran) == {"call.odd": "failed", "sms.sent": "subscribed"}
    note = json.loads(ran.out)["types"][0]["note"]
    assert note == "JustCall answered 400: unknown type, …[2J"


def test_another_url(hooks: Hooks, account: JustCallApi) -> None:
    front = "https://hooks.example.test/justcall"
    assert hooks("subscribe", "--url", front, "--types", "sms.sent").code == 0
    assert account.types(front) == ["sms.sent"]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.test/x",
        "http://abc.execute-api.localhost:4566/webhooks/justcall",
        "https://localhost/x",
        "https://abc.localhost/x",
        "https://api.example.test/x?y=(1)",
        "https://",
        "nonsense",
        "https://[",
    ],
)
def test_a_url_that_justcall_cannot_use(hooks: Hooks, account: JustCallApi, url: str) -> None:
    ran = hooks("subscribe", "--url", url)
    assert ran.code == 2
    assert url in ran.err
    assert account.requests == []


@pytest.mark.parametrize(
    "types", ["", ",", "call", "call.completed;sms.sent", "Call.Completed", "../x.y"]
)
def test_types_that_are_none(hooks: Hooks, account: JustCallApi, types: str) -> None:
    ran = hooks("subscribe", "--types", types)
    assert ran.code == 2
    assert "--types" in ran.err
    assert account.requests == []


# ------------------------------------------------------------------ credentials


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Unauthorized", "the API key (--api-key, JUSTCALL_API_KEY) or the API secret"),
        ("Invalid API key", "refuses the API key (--api-key, JUSTCALL_API_KEY) (401)"),
        (f"Invalid secret {SECRET}", "refuses the API secret (the stack's"),
    ],
)
def test_refused_credentials(hooks: Hooks, account: JustCallApi, message: str, told: str) -> None:
    account.trouble = [Answer(401, {"message": message})]
    ran = hooks("subscribe")
    assert ran.code == 2
    assert told in ran.err
    assert len(account.requests) == 1


def test_a_plan_without_webhooks(hooks: Hooks, account: JustCallApi) -> None:
    account.trouble = [None, Answer(403, {"message": "upgrade"})]
    ran = hooks("subscribe")
    assert ran.code == 2
    assert "403" in ran.err
    assert "upgrade" in ran.err


def test_the_key_is_asked_for(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUSTCALL_API_KEY")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    ran = hooks("subscriptions")
    assert ran.code == 2
    assert "JUSTCALL_API_KEY" in ran.err
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda _prompt: f"{KEY} ")
    assert hooks("subscriptions").code == 0


@pytest.mark.parametrize(
    ("key", "secret"), [("", "s"), ("a b", "s"), ("k\r\nx: y", "s"), ("k", "ü")]
)
def test_what_can_be_no_credential(key: str, secret: str) -> None:
    with pytest.raises(UsageError, match="invalid characters") as error:
        Credentials(key, secret)
    assert str(error.value).count("ü") == 0


def test_credentials_do_not_show() -> None:
    assert SECRET not in f"{Credentials(KEY, SECRET)!r} {Credentials(KEY, SECRET)}"


@pytest.mark.parametrize(
    "url", ["http://api.justcall.example", "ftp://127.0.0.1", "api.justcall.io"]
)
def test_credentials_go_over_https_only(url: str) -> None:
    with pytest.raises(UsageError, match="https only"):
        Api(url, Credentials(KEY, SECRET), lambda _: None)


# ------------------------------------------------------------------ limits and failures


def test_a_tighter_limit_is_waited_for(hooks: Hooks, account: JustCallApi, time: Time) -> None:
    account.a_minute = 10
    assert hooks("subscribe").code == 0
    assert sorted(account.types(OWN)) == sorted(subscriptions.TYPES)
    assert len(time.waits) == 2
    assert sum(time.waits) < 130


def test_no_more_than_thirty_a_minute(hooks: Hooks, account: JustCallApi, time: Time) -> None:
    many = ",".join(f"call.kind_{number}" for number in range(65))
    assert hooks("subscribe", "--types", many).code == 0
    assert len(account.types(OWN)) == 65
    assert time.waits == [60.0, 60.0]


def test_a_limit_that_stays_is_told(hooks: Hooks, account: JustCallApi, time: Time) -> None:
    account.trouble = [Answer(429, {}, {"Retry-After": "7"})] * 9
    ran = hooks("subscriptions")
    assert ran.code == 2
    assert "Try again in an hour" in ran.err
    assert time.waits == [7.0] * 5


def test_a_long_limit_is_not_waited_for(hooks: Hooks, account: JustCallApi, time: Time) -> None:
    hour = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": f"{time.now + 1800:.0f}"}
    account.trouble = [None, None, Answer(429, {}, hour)]
    ran = hooks("subscribe", "--types", "sms.sent,sms.received", "--json")
    assert ran.code == 1
    first, last = json.loads(ran.out)["types"]
    assert (first["type"], first["outcome"]) == ("sms.sent", "subscribed")
    assert "asks for 30 min" in last["note"]
    assert time.waits == []
    assert hooks("subscribe", "--types", "sms.sent,sms.received").code == 0
    assert account.types(OWN) == ["sms.sent", "sms.received"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"retry-after": "5"}, 5),
        ({"retry-after": "0"}, 1),
        ({"retry-after": formatdate(1_700_000_020, usegmt=True)}, 20),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "-1", "x-rate-limit-burst-reset": "9"}, 9),
        ({"x-rate-limit-burst-reset": "1700000012"}, 12),
        ({"x-rate-limit-burst-reset": "1600000000"}, 1),
        ({"x-rate-limit-reset": "1700003000", "x-rate-limit-burst-reset": "1700000012"}, 12),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1700003000", "x-rate-limit-burst-reset": "1"}, 3000),
        ({"x-rate-limit-burst-reset": "\N{SUPERSCRIPT TWO}"}, 60),
    ],
)  # fmt: skip
def test_how_long_a_limit_asks_to_wait(headers: dict[str, str], seconds: int) -> None:
    assert seconds_to_wait(headers, 1_700_000_000.0) == seconds


def test_a_list_that_fails_is_asked_for_again(
    hooks: Hooks, account: JustCallApi, time: Time
) -> None:
    """A few 5xx are waited out; JustCall being down is told."""
    account.trouble = [DOWN] * 3
    assert hooks("subscriptions").code == 0
    assert time.waits == [1.0, 2.0, 4.0]
    account.trouble = [DOWN] * 4
    ran = hooks("subscriptions")
    assert ran.code == 2
    assert "JustCall's API answered 503. Try again later" in ran.err


def test_nobody_there(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUSTCALL_API_URL", "http://127.0.0.1:9/v2.1")
    ran = hooks("subscriptions")
    assert ran.code == 2
    assert "does not answer" in ran.err


def test_a_subscription_whose_answer_was_lost_is_not_made_twice(
    hooks: Hooks, account: JustCallApi
) -> None:
    """A POST that failed may have been done: it is looked for before it is tried again."""
    account.afterwards = [None, DOWN]
    assert hooks("subscribe", "--types", "sms.sent").code == 0
    assert account.types(OWN) == ["sms.sent"]
    assert account.posts == 1


def test_a_subscription_that_was_not_made_is_tried_again(
    hooks: Hooks, account: JustCallApi
) -> None:
    """A POST that failed and did nothing is made after all, or given up after three."""
    account.trouble = [None, DOWN]
    assert hooks("subscribe", "--types", "sms.sent").code == 0
    assert account.types(OWN) == ["sms.sent"]
    account.trouble = [None, DOWN, None, DOWN, None, DOWN]
    ran = hooks("subscribe", "--types", "sms.received", "--json")
    assert ran.code == 1
    assert outcomes(ran) == {"sms.received": "failed"}


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"\xff", [], "x", 5, {}, {"data": "x"}, {"data": 5}, {"data": [5]},
     {"data": [{"type": "a.b"}]}, {"data": [{"type": "a.b", "webhook_urls": 5}]},
     {"data": [{"type": "a.b", "webhook_urls": [{"webhook_url": OWN}]}]}],
)  # fmt: skip
def test_a_malformed_list_changes_nothing(
    hooks: Hooks, account: JustCallApi, document: Any
) -> None:
    """Who can't read what is there must not add to it, nor take away."""
    for command in (("subscribe",), ("unsubscribe", "--all"), ("subscriptions",)):
        account.trouble = [Answer(200, document)]
        ran = hooks(*command)
        assert ran.code == 2
        assert "documented form" in ran.err
    assert {method for method, _ in account.requests} == {"GET"}


def test_a_type_without_urls_is_no_malformed_list(hooks: Hooks, account: JustCallApi) -> None:
    account.trouble = [
        Answer(
            200,
            {"data": [{"type": "a.b", "webhook_urls": None}, {"type": "c.d", "webhook_urls": []}]},
        )
    ]
    assert json.loads(hooks("subscriptions", "--json").out) == []


def test_no_redirect_is_followed(hooks: Hooks, account: JustCallApi) -> None:
    account.trouble = [Answer(302, {}, {"Location": f"{account.url}/elsewhere"})]
    assert hooks("subscriptions").code == 2
    assert len(account.requests) == 1


# ------------------------------------------------------------------ subscriptions, unsubscribe


def test_subscriptions_lists_everything(hooks: Hooks, account: JustCallApi) -> None:
    own = account.add("sms.sent", OWN)
    found = json.loads(hooks("subscriptions", "--json").out)
    assert [(one["type"], one["own"]) for one in found] == [
        ("call.completed", False),
        ("sms.sent", True),
    ]
    assert found[1]["url_id"] == own
    for name in found[0]:
        assert f"`{name}`" in cli_docs.TEXT, f"docs/cli.md does not tell of {name}"
    shown = hooks("subscriptions").out
    assert "this stack's" in shown
    assert OTHER in shown


def test_unsubscribe_removes_only_its_own(hooks: Hooks, account: JustCallApi) -> None:
    account.add("call.completed", OWN)
    account.add("call.completed", OWN)
    account.add("sms.sent", OWN)
    account.add("sms.sent", OWN + "/2")
    ran = hooks("unsubscribe", "--all", "--json")
    assert ran.code == 0
    assert [(one.type, one.url) for one in account.subscriptions] == [
        ("call.completed", OTHER),
        ("sms.sent", OWN + "/2"),
    ]


def test_unsubscribe_from_some(hooks: Hooks, account: JustCallApi) -> None:
    account.add("sms.sent", OWN)
    account.add("sms.received", OWN)
    ran = hooks("unsubscribe", "--types", "sms.sent,call.updated", "--json")
    assert ran.code == 0
    assert outcomes(ran) == {"sms.sent": "removed", "call.updated": "not there"}
    assert account.types(OWN) == ["sms.received"]


def test_unsubscribe_dry_run(hooks: Hooks, account: JustCallApi) -> None:
    account.add("sms.sent", OWN)
    assert "would be removed" in hooks("unsubscribe", "--all", "--dry-run").out
    assert account.types(OWN) == ["sms.sent"]


def test_unsubscribe_from_what(hooks: Hooks, account: JustCallApi) -> None:
    assert hooks("unsubscribe").code == 2
    assert hooks("unsubscribe", "--all", "--types", "sms.sent").code == 2
    assert account.requests == []


def test_an_id_that_stands_for_others_too_stays(hooks: Hooks, account: JustCallApi) -> None:
    account.add("sms.sent", OWN, "shared")
    account.add("sms.received", OWN, "shared")
    ran = hooks("unsubscribe", "--types", "sms.sent", "--json")
    assert ran.code == 1
    assert outcomes(ran) == {"sms.sent": "failed"}
    assert len(account.types(OWN)) == 2
    assert hooks("unsubscribe", "--all").code == 0
    assert account.types(OWN) == []


def test_what_is_gone_already_is_removed(hooks: Hooks, account: JustCallApi) -> None:
    account.add("sms.sent", OWN)
    account.afterwards = [None, DOWN]
    assert hooks("unsubscribe", "--all").code == 0
    assert account.types(OWN) == []


def test_a_refused_removal_is_told(hooks: Hooks, account: JustCallApi) -> None:
    account.add("sms.sent", OWN)
    account.trouble = [None, Answer(422, {"message": "no"})]
    ran = hooks("unsubscribe", "--all", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["types"][0]["note"] == "JustCall answered 422: no"


def test_the_api_is_justcalls() -> None:
    assert justcall_api.API_URL == "https://api.justcall.io/v2.1"
    assert len(set(subscriptions.TYPES)) == 23
