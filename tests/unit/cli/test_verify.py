"""`hooks verify` says why a signature does not fit; `hooks sign` makes one that does."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from cli.errors import UsageError
from cli.signing import verdict
from cli.signing.verdict import Delivery, Secret
from justcall import signature, url_signature
from tests.support import url_samples
from tests.support.program import Hooks, client
from tests.support.samples import CALL_COMPLETED, SECRET, body

BODY = body(CALL_COMPLETED)
DOCUMENT = json.loads(BODY)
COMPACT = json.dumps(DOCUMENT, separators=(",", ":")).encode()
HEX = signature.sign(BODY, SECRET)
DIGEST = bytes.fromhex(HEX)
URL = "https://hooks.example/webhooks/justcall"
STAMP = "2026-03-12 14:40:00"
STAMPED_AT = 1773326400.0
URL_BODY = json.dumps(
    {"type": "sms.received", "webhook_url": URL, "data": {"id": 7, "sms_info": {"body": "é/x"}}}
).encode()
CURRENT, PREVIOUS = Secret("the current secret", SECRET), Secret("the previous secret", "old", accepted=False)  # fmt: skip


def reasons(*, secrets: tuple[Secret, ...] = (CURRENT, PREVIOUS), **given: Any) -> list[str]:
    delivery: dict[str, Any] = {"body": BODY, "signature": HEX, "at": STAMPED_AT, **given}
    return [one.reason for one in verdict.examine(Delivery(**delivery), secrets).causes]


def url_reasons(**given: Any) -> list[str]:
    """Examine a url-signed delivery; `signed` are the parts that were signed."""
    signed = {"url": URL, "event_type": "sms.received", "timestamp": STAMP, "secret": SECRET}
    signed |= given.pop("signed", {})
    delivery = {"body": URL_BODY, "url": URL, "timestamp": STAMP, **given}
    return reasons(signature=url_signature.sign(**signed), **delivery)


@pytest.mark.parametrize(
    "spelling", [HEX, HEX.upper(), f"sha256={HEX}", base64.b64encode(DIGEST).decode()]
)
def test_spellings_that_receivers_accept_are_valid(spelling: str) -> None:
    assert reasons(signature=spelling) == []


def test_a_url_signed_delivery_is_valid() -> None:
    assert url_reasons() == []
    assert url_reasons(at=STAMPED_AT + 599) == []


@pytest.mark.parametrize(
    ("came", "reason"),
    [
        (COMPACT, "re-serialised"),
        (json.dumps(DOCUMENT, indent=4).encode(), "re-serialised"),
        (json.dumps(DOCUMENT, separators=(",", ":")).encode() + b"\n", "re-serialised"),
        (BODY + b"\n", "trailing-newline"),
        (BODY + b"\r\n", "trailing-newline"),
        (BODY.replace(b"\n", b"\r\n"), "line-ends"),
        (b"\xef\xbb\xbf" + BODY, "byte-order-mark"),
        (BODY.decode().encode("utf-16"), "body-encoding"),
        (base64.b64encode(BODY), "body-base64"),
        (json.dumps(BODY.decode()).encode(), "body-quoted"),
    ],
)
def test_a_changed_body_is_recognised(came: bytes, reason: str) -> None:
    assert reasons(body=came) == [reason]


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(DOCUMENT, separators=(",", ":"), sort_keys=True),
        json.dumps(DOCUMENT).replace("/", "\\/"),
        json.dumps(DOCUMENT, indent="\t"),
    ],
    ids=["sorted", "PHP", "tabs"],
)
def test_the_signature_of_the_serialised_body_is_recognised(written: str) -> None:
    assert reasons(signature=signature.sign(written.encode(), SECRET)) == ["re-serialised"]


def test_mixed_up_encodings_are_recognised() -> None:
    umlaut = '{"event": "x", "data": {"name": "Zoë"}}'
    signed = signature.sign(umlaut.encode(), SECRET)
    assert reasons(body=umlaut.encode("latin-1"), signature=signed) == ["body-encoding"]
    mojibake = umlaut.encode().decode("latin-1").encode()
    assert reasons(body=mojibake, signature=signed) == ["body-encoding"]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (f" {HEX}\n", "signature-form"),
        (HEX[:32].upper() + HEX[32:], "signature-form"),
        (f'"{HEX}"', "signature-form"),
        (base64.urlsafe_b64encode(DIGEST).decode().rstrip("="), "signature-form"),
        (base64.b64encode(HEX.encode()).decode(), "signature-form"),
        (hashlib.sha1(BODY, usedforsecurity=False).hexdigest(), "signature-malformed"),
        ("signature", "signature-malformed"),
        (" ", "signature-missing"),
        ("0" * 64, "signature-mismatch"),
        (hashlib.sha256(BODY).hexdigest(), "no-key"),
    ],
)
def test_another_form_of_the_signature_is_recognised(written: str, reason: str) -> None:
    assert reasons(signature=written) == [reason]


def test_other_secrets_are_recognised() -> None:
    assert reasons(signature=signature.sign(BODY, "old")) == ["secret-not-accepted"]
    accepted = PREVIOUS._replace(accepted=True)
    assert reasons(signature=signature.sign(BODY, "old"), secrets=(CURRENT, accepted)) == []
    pasted = CURRENT._replace(value=f"{SECRET}\n")
    assert reasons(secrets=(pasted,)) == ["secret-white-space"]
    assert reasons(secrets=(CURRENT._replace(value=""),)) == ["signature-mismatch"]


def test_several_causes_are_all_named() -> None:
    both = reasons(body=BODY + b"\n", signature=signature.sign(BODY, "old"))
    assert both == ["trailing-newline", "secret-not-accepted"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": "https://hooks.example/other"}, ["other-url"]),
        ({"url": f"{URL}/"}, ["other-url"]),
        ({"signed": {"url": "http://hooks.example/webhooks/justcall"}}, ["other-url"]),
        ({"signed": {"event_type": "sms.sent"}, "type": "sms.sent"}, []),
        ({"type": "sms.sent"}, ["other-type"]),
        ({"signed": {"timestamp": "1773326400"}}, ["timestamp-form"]),
        ({"at": STAMPED_AT + 601}, ["timestamp-old"]),
        ({"at": STAMPED_AT - 301}, ["timestamp-in-future"]),
        ({"timestamp": "2026-03-12 15:40:00"}, ["signature-mismatch"]),
        ({"signed": {"timestamp": "soon"}, "timestamp": "soon"}, ["timestamp-malformed"]),
        ({"signed": {"secret": "old"}}, ["secret-not-accepted"]),
    ],
)
def test_a_changed_part_of_a_url_signed_delivery_is_recognised(
    given: dict[str, Any], expected: list[str]
) -> None:
    assert url_reasons(**given) == expected


def test_a_url_that_was_not_encoded_is_recognised() -> None:
    message = f"{SECRET}|{URL}|sms.received|{STAMP}"
    digest = hmac.new(SECRET.encode(), message.encode(), "sha256").hexdigest()
    assert reasons(body=URL_BODY, url=URL, timestamp=STAMP, signature=digest) == ["url-encoding"]


def test_a_url_signed_body_without_its_timestamp_says_so() -> None:
    assert reasons(body=URL_BODY, signature="0" * 64) == ["timestamp-missing"]


def test_valid_bytes_prove_a_delivery_whatever_its_time() -> None:
    found = verdict.examine(Delivery(BODY, HEX, STAMPED_AT + 9999, URL, STAMP), (CURRENT,))
    assert (found.valid, found.dialect) == (True, "body-signed")


# ------------------------------------------------------------------ the commands


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "body.json"
    path.write_bytes(BODY)
    return path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> Any:
        raise UsageError("there is no stack")

    monkeypatch.setattr("cli.stack.find", none)


@pytest.mark.usefixtures("offline")
def test_a_given_secret_needs_no_stack(hooks: Hooks, file: Path) -> None:
    ran = hooks("verify", "--body", str(file), "--signature", HEX, "--secret", SECRET)
    assert (ran.code, ran.out) == (0, "Valid: body-signed, with the given secret.\n")
    ran = hooks("verify", "--body", str(file), "--signature", HEX, "--secret", "x", "--json")
    assert (ran.code, ran.json["causes"][0]["reason"]) == (1, "signature-mismatch")
    ran = hooks("verify", "--body", str(file), "--signature", HEX, "--secret", "x", "--timestamp", STAMP)  # fmt: skip
    assert (ran.code, "--url" in ran.message) == (2, True)
    assert hooks("verify", "--body", str(file), "--signature", HEX).code == 2


@pytest.mark.usefixtures("deployed")
def test_the_secrets_of_the_stack_are_tried(hooks: Hooks, file: Path) -> None:
    client("secretsmanager").put_secret_value(SecretId="secret", SecretString="newer")
    ran = hooks("verify", "--body", str(file), "--signature", HEX, "--json")
    assert (ran.code, ran.json) == (
        0,
        {"valid": True, "dialect": "body-signed", "secret": "the previous secret", "causes": []},
    )
    assert SECRET not in hooks("verify", "--body", str(file), "--signature", "0" * 64).out


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("dialect", [[], ["--url-signed"]])
def test_headers_of_sign_are_valid(hooks: Hooks, tmp_path: Path, dialect: list[str]) -> None:
    path = tmp_path / "url-signed"
    path.write_bytes(URL_BODY)
    ran = hooks("sign", "--body", str(path), *dialect, "--json")
    headers = ran.json["headers"]
    arguments = ["--signature", headers[signature.HEADER]]
    if dialect:
        arguments += ["--timestamp", headers[url_signature.TIMESTAMP_HEADER]]
    assert hooks("verify", "--body", str(path), *arguments).code == 0
    assert f"{signature.HEADER}: " in hooks("sign", "--body", str(path), *dialect).out


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--secret", ""],
        ["--secret", "x", "--url", URL],
        ["--secret", "x", "--url-signed"],
        ["--secret", "x", "--url-signed", "--url", URL],
        [],
    ],
)
def test_nothing_to_sign_or_sign_with_ends_with_2(
    hooks: Hooks, tmp_path: Path, arguments: list[str]
) -> None:
    path = tmp_path / "untyped"
    path.write_bytes(b"{}")
    assert hooks("sign", "--body", str(path), *arguments).code == 2


@pytest.mark.usefixtures("offline")
def test_a_lambda_event_brings_its_headers(hooks: Hooks, tmp_path: Path) -> None:
    name = Path(__file__).parents[3] / "events" / "http" / "url_sms_sent_received.json"
    arguments = ["verify", "--body", str(name), "--secret", SECRET, "--url", url_samples.URL]
    assert hooks(*arguments, "--at", "2026-03-12T14:41").code == 0
    old = hooks(*arguments, "--json")
    assert (old.code, old.json["causes"][0]["reason"]) == (1, "timestamp-old")
    unsigned = json.loads(name.read_text()) | {"headers": {}}
    path = tmp_path / "unsigned.json"
    path.write_text(json.dumps(unsigned))
    ran = hooks("verify", "--body", str(path), "--secret", SECRET, "--json")
    assert ran.json["causes"][0]["reason"] == "signature-missing"
    assert hooks("verify", "--body", "no/such", "--signature", HEX).code == 2
