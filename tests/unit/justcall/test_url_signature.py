"""The url-signed dialect's signature, against the published vector and everything that is none."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from errors import SignatureRefused
from justcall.url_signature import matches, parse, sent_at, sign

VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "support" / "signature_vector.json").read_text()
)
SECRET: str = VECTOR["secret"]
HEADERS: dict[str, str] = VECTOR["headers"]
SIGNATURE = HEADERS["x-justcall-signature"]
TIMESTAMP = HEADERS["x-justcall-request-timestamp"]
URL: str = VECTOR["body"]["webhook_url"]
TYPE: str = VECTOR["body"]["type"]


def test_the_published_vector() -> None:
    """What JustCall published is what we compute, and it matches."""
    assert sign(URL, TYPE, TIMESTAMP, SECRET) == SIGNATURE
    assert matches(parse(SIGNATURE, "v1"), [URL], [TYPE], TIMESTAMP, [SECRET])
    assert unquote(VECTOR["signed_message"]) == f"{SECRET}|{URL}|{TYPE}|{TIMESTAMP}"


OTHERS = {
    "another URL": ([URL + "/"], [TYPE], TIMESTAMP, [SECRET]),
    "another query": ([URL + "?a=1"], [TYPE], TIMESTAMP, [SECRET]),
    "no URL": ([], [TYPE], TIMESTAMP, [SECRET]),
    "another type": ([URL], ["call.missed"], TIMESTAMP, [SECRET]),
    "no type": ([URL], [], TIMESTAMP, [SECRET]),
    "another time": ([URL], [TYPE], "2024-03-21 17:08:23", [SECRET]),
    "the same time in other words": ([URL], [TYPE], "1711040902", [SECRET]),
    "another secret": ([URL], [TYPE], TIMESTAMP, [SECRET[:-1]]),
    "an empty secret": ([URL], [TYPE], TIMESTAMP, [""]),
    "no secret": ([URL], [TYPE], TIMESTAMP, []),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_everything_that_is_signed_counts(
    other: tuple[list[str], list[str], str, list[str]],
) -> None:
    """A signature is good for one URL, one type, one second and one secret."""
    assert not matches(bytes.fromhex(SIGNATURE), *other)


def test_an_empty_secret_signs_for_nobody() -> None:
    """Not even with the signature that it would give."""
    assert not matches(
        bytes.fromhex(sign(URL, TYPE, TIMESTAMP, "")), [URL], [TYPE], TIMESTAMP, [""]
    )


def test_either_url_and_either_secret() -> None:
    """The custom domain and AWS's own, the current secret and the previous."""
    assert matches(
        bytes.fromhex(SIGNATURE), ["https://x", URL], ["other", TYPE], TIMESTAMP, ["other", SECRET]
    )


def test_the_url_is_encoded_as_javascript_does() -> None:
    """Upper-case escapes; the query string is part of it; `!'()*~` stay as they are."""
    one = sign("https://a.b/c?d=e&f=ä !'()*~", TYPE, TIMESTAMP, SECRET)
    message = f"{SECRET}|https%3A%2F%2Fa.b%2Fc%3Fd%3De%26f%3D%C3%A4%20!'()*~|{TYPE}|{TIMESTAMP}"
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    assert one == hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("version", [None, "", "v2", "V1", "1", "v1 ", "v1,v2"])
def test_other_versions_are_refused(version: str | None) -> None:
    """What we cannot verify is not believed."""
    with pytest.raises(SignatureRefused) as refused:
        parse(SIGNATURE, version)
    assert refused.value.reason == "signature-version"


@pytest.mark.parametrize(
    ("timestamp", "seconds"),
    [
        ("2024-03-21 17:08:22", 1711040902),
        ("2024-03-21 7:08:22", 1711004902),
        ("1711040902", 1711040902),
        ("1711040902500", 1711040902.5),
        ("1711040902.5", 1711040902.5),
        ("2024-03-21T17:08:22Z", 1711040902),
        ("2024-03-21 19:08:22+02:00", 1711040902),
        ("Thu, 21 Mar 2024 17:08:22 GMT", 1711040902),
    ],
)
def test_times(timestamp: str, seconds: float) -> None:
    """Text in UTC, hours padded or not, whatever zone this machine is in; or seconds of the epoch."""
    assert sent_at(timestamp) == seconds


@pytest.mark.parametrize(
    ("timestamp", "reason"),
    [(None, "missing"), ("", "missing"), ("now", "malformed"), ("2024-02-30 10:00:00", "malformed"),
     ("2024", "malformed"), ("-1711040902", "malformed"), ("2024-03-21 25:08:22", "malformed"),
     ("٢٠٢٤-03-21 17:08:22", "malformed"), ("1" * 5000, "malformed")],
    ids=repr,
)  # fmt: skip
def test_what_is_no_time(timestamp: str | None, reason: str) -> None:
    """Every other text ends in one kind of error."""
    with pytest.raises(SignatureRefused) as refused:
        sent_at(timestamp)
    assert refused.value.reason == f"timestamp-{reason}"


@given(st.text(), st.text())
def test_any_headers(header: str, timestamp: str) -> None:
    """No other error, whatever stands there."""
    for call in (lambda: parse(header, "v1"), lambda: sent_at(timestamp)):
        try:
            call()
        except SignatureRefused as refused:
            assert refused.reason


@given(st.integers(0, 255))
def test_every_changed_bit_is_refused(bit: int) -> None:
    """One bit of the signature, and it is nobody's."""
    changed = bytearray.fromhex(SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8
    assert not matches(bytes(changed), [URL], [TYPE], TIMESTAMP, [SECRET])


@given(st.text(), st.text(), st.text())
def test_what_is_signed_matches_itself_only(url: str, event_type: str, secret: str) -> None:
    """Whatever stands in it; the bar between the parts can't be moved to another meaning."""
    assume(secret)
    try:
        claimed = bytes.fromhex(sign(url, event_type, TIMESTAMP, secret))
    except UnicodeEncodeError:
        return  # half a character can't be signed
    assert matches(claimed, [url], [event_type], TIMESTAMP, [secret])
    assert not matches(claimed, [url], [event_type + "x"], TIMESTAMP, [secret])


def test_half_a_character_in_a_url() -> None:
    """JSON allows it; it has a signature like everything else, and is nobody's URL."""
    one, other = (
        sign(f"https://x/{half}", TYPE, TIMESTAMP, SECRET) for half in ("\ud800", "\udfff")
    )
    assert len(one) == len(other) == 64
    assert one != other
