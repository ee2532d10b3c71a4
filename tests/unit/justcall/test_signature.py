"""Who signed these bytes: every spelling that is understood, and everything else refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import SignatureRefused
from justcall.signature import matches, parse, sign
from tests.support.deliveries import SPELLINGS

BODY = b'{"event":"call.completed"}'
SECRET = "a secret"
HEX = sign(BODY, SECRET)
DIGEST = bytes.fromhex(HEX)
BASE64 = base64.b64encode(DIGEST).decode()
# The last character before the padding carries two unused bits: this one sets them.
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NON_CANONICAL = f"{BASE64[:-2]}{_ALPHABET[_ALPHABET.index(BASE64[-2]) | 3]}="
URL_SAFE = base64.urlsafe_b64encode(bytes([251, 255] * 16)).decode()

MISSING = {"none": None, "empty": ""}

MALFORMED = {
    "a space": " ",
    "spaces as long as a signature": " " * 64,
    "a word": "signature",
    "null as text": "null",
    "one digit short": HEX[:-1],
    "one digit long": HEX + "0",
    "one byte short": HEX[:-2],
    "one byte long": HEX + "00",
    "twice the digits": HEX + HEX,
    "half the digits": HEX[:32],
    "no hexadecimal digits": "g" * 64,
    "one digit that is none": HEX[:-1] + "g",
    "mixed case": HEX[:32].upper() + HEX[32:].lower(),
    "0x before it": "0x" + HEX,
    "0x inside its length": "0x" + HEX[2:],
    "a space before it": " " + HEX,
    "a space after it": HEX + " ",
    "a space inside its length": HEX[:-1] + " ",
    "a newline after it": HEX + "\n",
    "a sign inside its length": "+" + HEX[1:],
    "underscores inside its length": HEX[:31] + "_" + HEX[32:],
    "quotes around it": f'"{HEX}"',
    "colons between bytes": ":".join(HEX[i : i + 2] for i in range(0, 64, 2)),
    "prefix alone": "sha256=",
    "prefix twice": "sha256=sha256=" + HEX,
    "prefix in upper case": "SHA256=" + HEX,
    "prefix with a colon": "sha256:" + HEX,
    "prefix with a dash": "sha-256=" + HEX,
    "prefix and a space": "sha256= " + HEX,
    "another hash's prefix": "sha512=" + HEX,
    "a version's prefix": "v1=" + HEX,
    "a scheme": "Bearer " + HEX,
    "two signatures": f"{HEX},{HEX}",
    "two signatures with a space": f"{HEX}, {HEX}",
    "a list of pairs": f"t=1773325801,v1={HEX}",
    "base64 without its padding": BASE64[:-1],
    "base64 with more padding": BASE64 + "=",
    "base64 of 33 bytes": base64.b64encode(b"x" * 33).decode(),
    "base64 of 31 bytes": base64.b64encode(b"x" * 31).decode(),
    "base64 of the digits": base64.b64encode(HEX.encode()).decode(),
    "base64 for URLs": URL_SAFE,
    "base64 in another spelling": NON_CANONICAL,
    "base64 with a newline": BASE64[:20] + "\n" + BASE64[21:],
    "base64 with padding inside": "=" + BASE64[1:],
    "only padding": "=" * 44,
    "umlauts": "ä" * 64,
    "umlauts as long as base64": "ä" * 44,
    "full-width digits": "".join(chr(ord(c) + 0xFEE0) for c in "0123456789") * 6
    + "0123",  # that is the point
    "Arabic digits": "٣" * 64,
    "zeros of bytes": "\0" * 64,
    "a NUL inside its length": HEX[:-1] + "\0",
    "a NUL after it": HEX + "\0",
    "half a character": "\ud800" * 64,
    "half a character as long as base64": "\udfff" * 44,
    "a megabyte": "a" * 1_048_576,
}


@pytest.mark.parametrize("header", MISSING.values(), ids=MISSING)
def test_no_header_is_missing(header: str | None) -> None:
    """An absent or empty signature is a refusal."""
    with pytest.raises(SignatureRefused) as refused:
        parse(header)
    assert refused.value.reason == "signature-missing"


@pytest.mark.parametrize("header", MALFORMED.values(), ids=MALFORMED)
def test_malformed_headers_are_refused(header: str) -> None:
    """Whatever else is no signature ends in the same error, and never in another one."""
    with pytest.raises(SignatureRefused) as refused:
        parse(header)
    assert refused.value.reason == "signature-malformed"


def test_the_table_has_no_good_header() -> None:
    """The table of bad headers was made from a signature that would be good."""
    assert NON_CANONICAL != BASE64
    assert base64.b64decode(NON_CANONICAL) == DIGEST
    assert HEX not in (HEX.upper(), HEX.swapcase())
    assert {"-", "_"} <= set(URL_SAFE)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_good_spellings_verify(spelling: str) -> None:
    """Hexadecimal, base64 and the prefix are understood."""
    header = SPELLINGS[spelling](DIGEST)
    assert parse(header) == DIGEST
    assert matches(parse(header), BODY, [SECRET])


def test_known_signature() -> None:
    """The signature is HMAC-SHA256 in lower-case hexadecimal (RFC 4231, test case 2)."""
    assert (
        sign(b"what do ya want for nothing?", "Jefe")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize("secrets", [[], [""], ["", ""], ["another"], ["", "another"]])
def test_what_verifies_nothing(secrets: list[str]) -> None:
    """No secret, an empty one and a wrong one verify nothing."""
    assert not matches(DIGEST, BODY, secrets)


def test_empty_secret_verifies_nothing_that_it_signed() -> None:
    """A deployment whose secret is empty cannot be talked to, not even by who knows that."""
    assert not matches(parse(sign(BODY, "")), BODY, [""])


@pytest.mark.parametrize("secrets", [["newer", SECRET], [SECRET, "older"], ["", SECRET]])
def test_any_of_several_secrets_verifies(secrets: list[str]) -> None:
    """During a rotation the previous secret verifies as well as the current one."""
    assert matches(DIGEST, BODY, secrets)


@pytest.mark.parametrize("secret", ["sécret", "秘密", "a" * 300, " "])
def test_any_text_can_be_a_secret(secret: str) -> None:
    """A secret is used as it is, in UTF-8."""
    assert matches(parse(sign(BODY, secret)), BODY, [secret])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_changed_bit_of_a_signature_is_refused(spelling: str) -> None:
    """There is one bit pattern for each spelling of a signature."""
    header = SPELLINGS[spelling](DIGEST).encode()
    for changed in _with_one_bit_changed(header):
        assert not _verifies(changed.decode("latin-1"), BODY), changed


def test_every_changed_bit_of_a_body_is_refused() -> None:
    """The signature covers every bit of the body."""
    for changed in _with_one_bit_changed(BODY):
        assert not _verifies(HEX, changed), changed


@given(
    body=st.binary(min_size=1, max_size=300),
    secret=st.text(min_size=1, alphabet=st.characters(codec="utf-8")),
    spelling=st.sampled_from(sorted(SPELLINGS)),
    data=st.data(),
)
def test_signed_bytes_verify_and_changed_ones_do_not(
    body: bytes, secret: str, spelling: str, data: st.DataObject
) -> None:
    """For any body and secret: as signed it verifies, with a bit changed anywhere it does not."""
    header = SPELLINGS[spelling](bytes.fromhex(sign(body, secret)))
    assert _verifies(header, body, secret)
    position = data.draw(st.integers(0, len(body) * 8 - 1), label="bit of the body")
    assert not _verifies(header, _flip(body, position), secret)
    position = data.draw(st.integers(0, len(header) * 8 - 1), label="bit of the header")
    changed = _flip(header.encode(), position).decode("latin-1")
    assert not _verifies(changed, body, secret)


@given(st.text(), st.binary(max_size=100))
def test_no_text_verifies_by_chance(header: str, body: bytes) -> None:
    """Any text as a header is a refusal, and no other error."""
    assert not _verifies(header, body)


def _verifies(header: str, body: bytes, secret: str = SECRET) -> bool:
    try:
        return matches(parse(header), body, [secret])
    except SignatureRefused:
        return False


def _with_one_bit_changed(content: bytes) -> list[bytes]:
    return [_flip(content, position) for position in range(len(content) * 8)]


def _flip(content: bytes, position: int) -> bytes:
    byte, bit = divmod(position, 8)
    return content[:byte] + bytes([content[byte] ^ (1 << bit)]) + content[byte + 1 :]
