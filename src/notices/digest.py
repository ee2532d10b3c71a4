"""The digest: the missed calls on one line that nobody returned, one row for each caller."""

import hashlib
from collections.abc import Iterable, Sequence

from justcall import missed
from justcall.missed import Caller
from justcall.timeline import NO_NUMBER
from notices import notice
from notices.notice import Notice

KIND = "call.missed"
# A longer digest names how many are left out; `hooks missed` lists all of them.
MAX_ROWS = 100


def notice_of(line: str | None, callers: Sequence[Caller], keys: Iterable[str]) -> Notice:
    """Return the digest of one line; `keys` are those of the events that it is owed for."""
    calls = sum(len(one.calls) for one in callers)
    rows = [_row(one) for one in callers[:MAX_ROWS]]
    if len(callers) > MAX_ROWS:
        rows.append(f"and {len(callers) - MAX_ROWS} more: ./hooks missed --unreturned")
    to = f" to {line}" if line else ""
    count = f"{calls} missed call{'s' if calls != 1 else ''}"
    title = f"{count} not returned{to}"
    return Notice(
        id=f"digest#{_hash(keys)}",
        notice=notice.DIGEST,
        kind=KIND,
        subject=notice.subject(title),
        text=f"{notice.row(title, 200)}{_line_name(callers)}:\n\n" + "\n".join(rows) + "\n",
        line=line,
    )


def _row(caller: Caller) -> str:
    last = caller.calls[-1]
    parts = [notice.named(caller.number or _unnamed(last), last.get("contact_name"))]
    count = len(caller.calls)
    if count > 1:
        parts.append(f"{count} missed calls, first {notice.when(caller.calls[0]['at'])}, last")
        parts[-1] += f" {notice.when(last['at'])}"
    else:
        parts.append(f"missed {notice.when(last['at'])}")
    if any(one.get("outcome") == missed.VOICEMAIL for one in caller.calls):
        parts.append("voicemail")
    if caller.number is None:
        parts.append("cannot be called back")
    return f"- {', '.join(parts)}"


def _unnamed(call: missed.Entry) -> str:
    return "withheld number" if call["number"] == NO_NUMBER else "number not known"


def _line_name(callers: Sequence[Caller]) -> str:
    names = (call.get("justcall_line_name") for one in callers for call in one.calls)
    name = next(filter(None, names), None)
    return f" ({notice.row(name)})" if name else ""


def _hash(keys: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()[:16]
