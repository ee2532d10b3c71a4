"""Documents as a person reads them."""

import json
import math
import re
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from cli import CALLED
from cli.doctor import Finding
from cli.read import Document
from cli.replay import OUTCOMES, REPLAYED, Outcome
from cli.send import Sent
from cli.subscriptions import Outcome as Change

# In a pipe nothing is cut or wrapped: a line is an event.
_WIDTH = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1_000_000
# What is shown was written by strangers: [brackets] and :colons: in it are theirs, not rich's.
_PLAIN: Any = {"highlight": False, "markup": False, "emoji": False}
console = Console(width=_WIDTH, soft_wrap=not sys.stdout.isatty(), **_PLAIN)
errors = Console(stderr=True, **_PLAIN)
# A terminal obeys some of these characters, or shows what follows in another order, and whoever
# sends a text message could write them.
_HIGH = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_CONTROL = re.compile(rf"[\x00-\x1f{_HIGH}]")
_CONTROL_IN_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f{_HIGH}]")
_CONTROL_IN_JSON = re.compile(f"[{_HIGH}]")  # JSON escapes the lower ones itself

# Columns whose cells fold where the terminal is narrow, and columns that do so in the last resort.
_PROSE = {"error", "what", "note", "failure", "try"}
_PROSE_WIDTH = 16
_KEYS = {"key", "as"}
# What a timeline shows of an entry, in this order; the others are for --json.
_SHOWN = (
    "outcome",
    "text",
    "duration_seconds",
    "ring_seconds",
    "agent_name",
    "disposition",
    "notes",
    "first_name",
    "last_name",
    "recording_url",
)
_SECONDS = {"duration_seconds": "lasted", "ring_seconds": "rang"}


def as_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)
    # They can only stand in texts, where an escape says the same.
    print(_CONTROL_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _finite(value: Any) -> Any:
    """Return a document without endless numbers, which JSON does not have; `1e999` reads as one."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def events(found: list[Document], if_none: str) -> None:
    """Print a line for each event, or what to say if there are none."""
    table = _Rows("received", "status", "key", "deliveries", "error")
    for one in found:
        count = str(one["deliveries"])
        table.add(_when(one["received_at"]), one["status"], one["key"], count, one["error"])
    table.print(if_none)


def event(one: Document) -> None:
    """Print all of one event."""
    for name, value in one.items():
        if name not in ("body", "conflicts", "replays") and value not in (None, 0):
            console.print(f"{name:<17}{_line(value)}")
    for replay in one["replays"]:
        told = f"{_when(replay['at'])}, was {replay['was']}: {replay['reason']}"
        console.print(f"{'replayed':<17}{_line(told)}")
    console.print(f"\n{_pretty(one['body'])}")
    for conflict in one["conflicts"]:
        console.print(f"\nconflict: the same key, other content, at {conflict['received_at']}")
        console.print(_pretty(conflict["body"]))


def timeline(entries: list[Document], number: str) -> None:
    """Print a line for each entry."""
    table = _Rows("time", "type", "direction", "what", "key")
    for entry in entries:
        what = " · ".join(_shown(name, entry[name]) for name in _SHOWN if entry.get(name))
        direction = entry.get("direction")
        table.add(_when(entry["at"]), entry["type"], direction, what, entry["key"])
    table.print(f"nothing happened with that number{_plus(number, 'timeline')}")


def contact(found: Document) -> None:
    """Print a line for each flag."""
    table = _Rows("flag", "value", "since", "key")
    for name, flag in found["consent"].items():
        table.add(name, "yes" if flag["value"] else "no", _when(flag["since"]), flag["key"])
    number = found["number"]
    hint = _plus(number, "contact")
    table.print(f"nothing is known of what {_line(number)} does not want{hint}")


def _plus(number: str, command: str) -> str:
    """Return what to say of a number that may lack its plus."""
    bare = number.strip()[:1].isdigit()
    return f"; write plus and country code: {CALLED} {command} +14155559876" if bare else ""


def duration(seconds: float) -> str:
    """Return seconds as a person says them: 3 min 5 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def replayed(outcomes: Sequence[Outcome], *, dry_run: bool) -> None:
    """Print what became of each event, and how many had which outcome."""
    table = _Rows("was", "then", "key", "as", "note")
    for one in outcomes:
        then = _would(one.outcome) if dry_run else one.outcome
        table.add(one.was, then, one.key, one.replayed_as, one.note)
    table.print("")
    counts = Counter(one.outcome for one in outcomes)
    told = [f"{counts[name]} {name}" for name in OUTCOMES if counts[name]]
    would = "nothing was changed; it would be: " if dry_run else ""
    console.print(f"\n{would}{', '.join(told)}")


def dead_letter_queues(found: list[Document]) -> None:
    """Print a line for each kind."""
    table = _Rows("kind", "dead letters", "in flight")
    for one in found:
        table.add(one["kind"], str(one["dead_letters"]), str(one["in_flight"]))
    table.print("")


def dead_letters(found: list[Document]) -> None:
    """Print a line for each dead letter."""
    table = _Rows("sent", "receives", "status", "key", "error")
    for one in found:
        key = one["key"] or f"poison: message {one['message_id']}, {one['bytes']} bytes"
        status = one["status"] or ("" if one["key"] is None else "not on the ledger")
        table.add(_when(one["sent_at"]), str(one["receives"]), status, key, one["error"])
    table.print("no dead letters")


def redriven(moves: list[Document], *, dry_run: bool) -> None:
    """Print how many dead letters of each kind were moved, or would be, and how."""
    table = _Rows("kind", "dead letters", "moved", "how", "failure")
    for move in moves:
        moved = "would be moved" if dry_run else str(move["moved"])
        table.add(move["kind"], str(move["dead_letters"]), moved, move["way"], move["failure"])
    table.print("no dead letters")


def secret(found: Document) -> None:
    """Print a line for each version, and whether a rotation is under way."""
    table = _Rows("secret", "changed", "accepted", "version")
    for one in found["versions"]:
        end = one["accepted_until"]
        accepted = "until the next change" if end is None else f"until {_when(end)}"
        if one["stage"] == "current":
            accepted = "yes"
        elif not one["accepted"]:
            accepted = f"no more, since {_when(end)}"
        table.add(one["stage"], _when(one["changed_at"]), accepted, one["version_id"])
    table.print(f"there is no secret; set one: {CALLED} secret rotate")
    if found["rotation_until"]:
        until = _when(found["rotation_until"])
        console.print(f"\na rotation is under way until {until}: {CALLED} secret rotate ends it")


def rotation(done: Document) -> None:
    """Print what was done to the secret, and what comes next."""
    match done["did"]:
        case "begin":
            end = _when(done["rotation_until"])
            console.print(f"until {end} (UTC) deliveries that fit no secret are asked to come back")
            console.print(f"make new credentials at JustCall now, then: {CALLED} secret rotate")
        case "rotate":
            end = done["previous_until"]
            console.print("the new secret is in place; handlers know it within seconds")
            if end:
                console.print(f"the one before is accepted until {_when(end)} (UTC)")
        case "abort":
            console.print("no rotation is under way any more; the secret is what it was")
        case _:
            console.print("no rotation was under way; nothing was changed")


def findings(found: Sequence[Finding]) -> None:
    """Print a line for each check, and how many went how."""
    table = _Rows("check", "verdict", "what", "try")
    for one in found:
        table.add(one.check, one.verdict, one.what, one.mend)
    table.print("")
    counts = Counter(one.verdict for one in found)
    console.print(f"\n{', '.join(f'{number} {verdict}' for verdict, number in counts.items())}")


def subscriptions(found: list[Document]) -> None:
    """Print a line for each URL and type of the account."""
    table = _Rows("type", "whose", "url", "id")
    for one in found:
        whose = "this stack's" if one["own"] else "another"
        table.add(one["type"], whose, one["webhook_url"], one["url_id"])
    table.print(f"no subscriptions; make them: {CALLED} subscribe")


def subscribed(done: Sequence[Change], *, dry_run: bool) -> None:
    """Print what became of each type, or would."""
    table = _Rows("type", "then", "note")
    changing = ("subscribed", "removed")
    for one in done:
        would = dry_run and one.outcome in changing
        table.add(one.type, f"would be {one.outcome}" if would else one.outcome, one.note)
    table.print("no subscriptions of this stack; nothing to do")
    if dry_run:
        console.print("\nnothing was changed")


def sent(all_sent: list[Sent]) -> None:
    """Print one answer with what to try next, or a summary of many."""
    if len(all_sent) == 1:
        one = all_sent[0]
        console.print(f"{one.status} {_line(one.answer)}  ({one.milliseconds} ms)")
        if one.status == 200 and one.key:
            console.print(f"{CALLED} show {one.key}")
        return
    table = Table("answer", "count", "p50 ms", "p99 ms", box=None, pad_edge=False)
    groups: dict[str, list[float]] = {}
    for one in all_sent:
        groups.setdefault(f"{one.status} {_line(one.answer)}", []).append(one.milliseconds)
    for answer, times in sorted(groups.items()):
        times.sort()
        p50, p99 = (times[int(len(times) * part)] for part in (0.5, 0.99))
        table.add_row(answer, str(len(times)), str(p50), str(p99))
    console.print(table)


class _Rows:
    """A table without the columns that hold nothing, and whose keys are whole at any width."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._rows: list[list[str]] = []

    def add(self, *cells: str | None) -> None:
        """Add a row, a cell for each column."""
        self._rows.append([_line(cell or "") for cell in cells])

    def print(self, if_none: str) -> None:
        """Print the table, or what to say if it has no rows."""
        if not self._rows:
            console.print(if_none)
            return
        columns = {
            name: cells
            for name, cells in zip(self._names, zip(*self._rows, strict=True), strict=True)
            if any(cells)
        }
        whole = self._whole(columns)
        table = Table(box=None, pad_edge=False)
        for name in columns:
            table.add_column(name, overflow="fold", no_wrap=name in whole)
        for row in zip(*columns.values(), strict=True):
            table.add_row(*row)
        console.print(table)

    def _whole(self, columns: dict[str, tuple[str, ...]]) -> set[str]:
        """Return the columns whose cells stay on one line; all others fold, and none is cut."""
        prose = columns.keys() & _PROSE
        whole = columns.keys() - prose
        widths = {name: max(map(cell_len, (name, *columns[name]))) for name in whole}
        room = console.width - _PROSE_WIDTH * len(prose) - 2 * len(columns)
        if sum(widths.values()) <= room:
            return whole
        others = whole - _KEYS
        room -= _PROSE_WIDTH * len(whole & _KEYS)
        return others if sum(widths[name] for name in others) <= room else set()


def _when(moment: str) -> str:
    return moment[:19].replace("T", " ")


def _would(outcome: str) -> str:
    return "would be replayed" if outcome == REPLAYED else f"would be {outcome}"


def _shown(name: str, value: Any) -> str:
    return f"{_SECONDS[name]} {duration(value)}" if name in _SECONDS else _line(value)


def _line(value: object) -> str:
    """Return a value as one line that no terminal takes for a command."""
    return _CONTROL.sub(" ", str(value))


def _pretty(document: Any) -> str:
    """Return a body as lines that no terminal takes for commands."""
    is_text = isinstance(document, str)
    text = document if is_text else json.dumps(document, indent=2, ensure_ascii=False)
    return _CONTROL_IN_LINES.sub("\N{REPLACEMENT CHARACTER}", text)
