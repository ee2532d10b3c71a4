"""Which modules are mutated, and the mutants that no test can notice, each with its reason."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/mutation.md"
_BEGIN, _END = "<!-- explained: begin -->", "<!-- explained: end -->"

MODULES = (
    "handler/app",
    "handler/receive",
    "handler/authenticate",
    "handler/answers",
    "justcall/signature",
    "justcall/url_signature",
    "justcall/envelope",
    "justcall/keys",
    "aws/ledger",
    "aws/processing",
    "aws/queries",
    "aws/messages",
    "aws/body",
    "aws/secrets",
    "aws/queues",
    "aws/deadline",
    "aws/sweeping",
    "aws/joining",
    "aws/backlog",
    "sweeper/verdict",
    "sweeper/sweep",
)


class Mutant(NamedTuple):
    """A change of one function; lines without their indentation, joined by a blank."""

    function: str
    before: str
    after: str


class Explained(NamedTuple):
    """A mutant that survives, and why it makes no difference."""

    mutant: Mutant
    why: str


_UNSEEN = "The text of an error that is always replaced by another before anybody sees it."
_FALSY = "Only whether it is true is asked, and both are not."
_OVERWRITTEN = "Nobody reads it before the first look at Secrets Manager has set it."
_NO_REASON = "`HooksError` takes no reason and an empty one alike: the class's own stands."
_SPEED = (
    "Either compressor's output is read by the one reader. It is a matter of speed: `make bench`."
)
_CANONICAL = (
    "What is decoded is encoded again and compared, which refuses every other spelling by itself;"
    " the decoder is strict so that nobody has to prove that."
)
_EMPTY = "The next line only asks whether there is anything."
_SAME_CODEC = "Python finds codecs and digests by their names in any case."


def _explained(function: str, before: str, *afters: str, why: str) -> list[Explained]:
    return [Explained(Mutant(function, before, after), why) for after in afters]


EXPLAINED: tuple[Explained, ...] = (
    *_explained(
        "handler.app._delivery",
        "os.urandom(8).hex(),",
        "os.urandom(9).hex(),",
        why="A longer name of a delivery is as much its own.",
    ),
    *_explained(
        "handler.receive.receive",
        "if envelope.is_probe(delivery.body, signed=False):",
        "if envelope.is_probe(delivery.body, signed=None):",
        why=_FALSY,
    ),
    *_explained(
        "justcall.envelope._refuse_constant",
        "raise ValueError(name)  # NaN and Infinity are Python's, not JSON's",
        "raise ValueError(None)  # NaN and Infinity are Python's, not JSON's",
        why=_UNSEEN,
    ),
    *_explained(
        "justcall.envelope._parse",
        'document = decoder.decode(body.decode("utf-8-sig"))',
        'document = decoder.decode(body.decode("UTF-8-SIG"))',
        why=_SAME_CODEC,
    ),
    *_explained(
        "justcall.signature._digest",
        'return hmac.digest(secret.encode(), body, "sha256")',
        'return hmac.digest(secret.encode(), body, "SHA256")',
        why=_SAME_CODEC,
    ),
    *_explained(
        "justcall.signature._canonical_base64",
        "decoded = binascii.a2b_base64(text, strict_mode=True)",
        "decoded = binascii.a2b_base64(text, strict_mode=None)",
        "decoded = binascii.a2b_base64(text, )",
        "decoded = binascii.a2b_base64(text, strict_mode=False)",
        why=_CANONICAL,
    ),
    *_explained(
        "justcall.signature._canonical_base64",
        'raise ValueError("not canonical")',
        "raise ValueError(None)",
        'raise ValueError("XXnot canonicalXX")',
        'raise ValueError("NOT CANONICAL")',
        why=_UNSEEN,
    ),
    *_explained(
        "aws.secrets.Secrets.__init__",
        "self._values: tuple[str, ...] = ()",
        "self._values: tuple[str, ...] = None",
        why=_FALSY,
    ),
    *_explained(
        "aws.secrets.Secrets.__init__",
        "self._complete = False  # whether the last look showed all that there are",
        "self._complete = None  # whether the last look showed all that there are",
        "self._complete = True  # whether the last look showed all that there are",
        why=_OVERWRITTEN,
    ),
    *_explained(
        "aws.secrets.Secrets.__init__",
        "self._why: str | None = None  # the reason of the last failure",
        'self._why: str | None = ""  # the reason of the last failure',
        why=_OVERWRITTEN,
    ),
    *_explained(
        "aws.secrets.Secrets.__init__",
        "self._previous_until = _FOR_EVER",
        "self._previous_until = None",
        why=_OVERWRITTEN,
    ),
    *_explained(
        "aws.secrets.Secrets.__init__",
        "self._rotation_until = _NEVER",
        "self._rotation_until = None",
        why=_OVERWRITTEN,
    ),
    *_explained(
        "aws.secrets.Secrets._accepted",
        "if len(self._values) > 1 and self._wall_clock() >= self._previous_until:",
        "if len(self._values) >= 1 and self._wall_clock() >= self._previous_until:",
        why="The first of one secret is that one.",
    ),
    *_explained(
        "aws.secrets.Secrets._fetch",
        'previous = "" if over else self._previous(deadline, exists=end is not None)',
        'previous = "XXXX" if over else self._previous(deadline, exists=end is not None)',
        why="`_accepted` leaves out a previous secret whose time is over, whatever it is.",
    ),
    *_explained(
        "handler.authenticate._url_signed",
        'timestamp = delivery.timestamp or ""',
        'timestamp = delivery.timestamp or "XXXX"',
        why="`sent_at` has refused a delivery without a time; the other branch is for the type checker.",
    ),
    *_explained(
        "handler.authenticate._require_match",
        "return len(found) > 1 and not matches(found[:1])",
        "return len(found) >= 1 and not matches(found[:1])",
        why="With one secret, which matched, the second half says no by itself.",
    ),
    *_explained(
        "justcall.url_signature.sign",
        'return hmac.digest(secret.encode(), content, "sha256").hex()',
        'return hmac.digest(secret.encode(), content, "SHA256").hex()',
        why=_SAME_CODEC,
    ),
    *_explained("aws.secrets.Secrets._fetch", "self._why = None", 'self._why = ""', why=_NO_REASON),
    *_explained(
        "aws.secrets.Secrets._fetch",
        "self._complete = False  # there may be a newer one by now",
        "self._complete = None  # there may be a newer one by now",
        why=_FALSY,
    ),
    *_explained(
        "ledger.bodies.pack",
        "if text is not None and len(content) + others_bytes <= WRITE_UNIT:",
        "if text is not None and len(content) + others_bytes < WRITE_UNIT:",
        why="What is exactly one unit long saves none by being compressed: it is text either way.",
    ),
    *_explained(
        "ledger.bodies.pack",
        "return packed if text is None or saves or len(content) > PART_BYTES else text",
        "return packed if text is None or saves or len(content) >= PART_BYTES else text",
        why="Text of exactly that size fits an item in either form.",
    ),
    *_explained(
        "ledger.bodies._compress",
        "squeezer = (_SMALL if len(content) <= _SMALL_BYTES else _LARGE).copy()",
        "squeezer = (_SMALL if (len(content) <= _SMALL_BYTES) and False else _LARGE).copy()",
        "squeezer = (_SMALL if len(content) < _SMALL_BYTES else _LARGE).copy()",
        why=_SPEED,
    ),
    *_explained(
        "ledger.bodies._decompress",
        'raise zlib.error("cut short")',
        "raise zlib.error(None)",
        'raise zlib.error("XXcut shortXX")',
        'raise zlib.error("CUT SHORT")',
        why="Who catches it looks at its class alone.",
    ),
    *_explained(
        "ledger.processing.ProcessingLedger.commit",
        "newer = [name for name, old in zip(flags, failed[len(items) :], strict=False) if old]",
        "newer = [name for name, old in zip(flags, failed[len(items) :], strict=None) if old]",
        "newer = [name for name, old in zip(flags, failed[len(items) :], ) if old]",
        why=_FALSY,
    ),
    *_explained(
        "ledger.processing._timeline_item",
        "if len(packed) > bodies.PART_BYTES:",
        "if len(packed) >= bodies.PART_BYTES:",
        why="An entry of exactly that size fits its item whole and shortened; the ledger has the body.",
    ),
    *_explained(
        "ledger.joining.Joining._move",
        'shown = json.loads(bodies.unpack([item]) or b"{}") | {"number": number}',
        'shown = json.loads(bodies.unpack([item]) or b"XX{}XX") | {"number": number}',
        why="Every entry on a timeline has a content; the other branch is there for the type checker.",
    ),
    *_explained(
        "messaging.backlog.Backlog.dead_letters",
        'messages = answer.get("Messages", [])',
        'messages = answer.get("Messages", None)',
        'messages = answer.get("Messages", )',
        why=_EMPTY,
    ),
)


def rows() -> str:
    """Return the table of docs/mutation.md as it should be."""
    lines = ["| function | mutant | why it makes no difference |", "|---|---|---|"]
    lines += [
        f"| `{one.mutant.function}` | {_code(one.mutant.before)} → {_code(one.mutant.after)} | {one.why} |"
        for one in EXPLAINED
    ]
    return "\n".join(lines)


def filled(text: str) -> str:
    """Return the document with its table as it should be."""
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n\n{rows()}\n\n{_END}{tail}"


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`" if text else "nothing"


if __name__ == "__main__":
    DOCUMENT.write_text(filled(DOCUMENT.read_text()))
