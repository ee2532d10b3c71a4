"""What `hooks dlq` prints for people."""

from cli import CALLED, output, reasons
from cli.reading.table import Document

_POISON = "not an event"
_SHORT_ID = 12


def counts(document: Document) -> None:
    """Print the number of dead letters of each kind."""
    table = output.Table("kind", "dead letters")
    for one in document["kinds"]:
        table.add(one["kind"] or _POISON, one["dead_letters"])
    table.print("No dead letters.")
    if document["in_flight"]:
        output.text(
            f"\n{document['in_flight']} more are in flight: another reader has received them."
        )


def letters(letters: list[Document]) -> None:
    """Print dead letters, without what is in them."""
    table = output.Table("sent", "id", "receives", "status", "key", "why")
    for one in letters:
        key = one["key"] or f"{_POISON}, {one['bytes']} bytes"
        status = one["status"] or ("" if one["key"] is None else "not on the ledger")
        short = one["message_id"][:_SHORT_ID]
        table.add(output.when(one["sent_at"]), short, one["receives"], status, key, _why(one))
    table.print("No dead letters.")


def bodies(letters: list[Document]) -> None:
    """Print what is in dead letters."""
    if not letters:
        output.text("No dead letters.")
    for one in letters:
        title = f"{one['message_id']}  {one['key'] or _POISON}  {_why(one) or ''}"
        output.text(output.line(title).rstrip(), output.pretty(one["body"]), "")


def dropped(document: Document) -> None:
    """Print which dead letter was dropped."""
    done = "Nothing was changed. It would drop" if document["dry_run"] else "Dropped"
    output.text(f"{done} {document['message_id']}: {output.line(document['key'] or _POISON)}.")


def records(records: list[Document]) -> None:
    """Print the records of dropped dead letters."""
    table = output.Table("dropped", "id", "key", "note")
    for one in records:
        key = one["key"] or f"{_POISON}, {one['bytes']} bytes"
        table.add(output.when(one["at"]), one["message_id"][:_SHORT_ID], key, one["reason"])
    table.print("No dead letter was dropped.")


def _why(letter: Document) -> str | None:
    return reasons.explain(letter["error"]).text if letter["error"] else None


def redriven(document: Document) -> None:
    """Print what a redrive moved."""
    total, moved = document["dead_letters"], document["moved"]
    if not total:
        output.text("No dead letters to move.")
    elif document["dry_run"]:
        output.text(f"Nothing was changed. About {total} dead letters would be moved.")
    else:
        output.text(f"Moved {moved} of about {total} dead letters ({document['way']}).")
    if document["left"]:
        output.text(
            f"{document['left']} stay: no events, or of dismissed events. Look: {CALLED} dlq show"
        )
    if document["failure"]:
        output.text(f"The move ended early: {output.line(document['failure'])}")
