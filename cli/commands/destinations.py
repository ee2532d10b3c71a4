"""`hooks destinations`: where events are delivered to."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from cli import CALLED, destinations, options, output
from cli.errors import UsageError
from cli.options import Session
from cli.reading import deliveries as reading
from cli.reading.table import Document
from deliveries.destination import Destination, Filters
from justcall.catalogue import KINDS
from justcall.phone import number_of
from recordings.announcement import ARCHIVED_KIND, FAILED_KIND

app = typer.Typer(help="Add, test, pause and remove HTTP destinations.", no_args_is_help=True)

_MAX_OVERLAP_DAYS = 30

Name = Annotated[str, typer.Argument(help="The destination's name, such as crm.")]
Url = Annotated[str, typer.Argument(help="The https URL that events are posted to.")]
Kinds = Annotated[
    str | None, typer.Option(help="Only these kinds, such as call.missed,sms.* (default: all).")
]
Numbers = Annotated[
    str | None, typer.Option(help="Only events with these numbers, yours or contacts'.")
]
Agents = Annotated[
    str | None, typer.Option(help="Only events of these agents: ids, e-mail addresses or names.")
]
Direction = Annotated[str | None, typer.Option(help="Only inbound, or only outbound.")]
Overlap = Annotated[
    str, typer.Option(help="How long deliveries are signed with the old secret too: 0s, 24h, 7d.")
]


@app.command()
@options.command
def add(
    session: Session,
    name: Name,
    url: Url,
    kinds: Kinds = None,
    numbers: Numbers = None,
    agents: Agents = None,
    direction: Direction = None,
) -> None:
    """Add a destination, and print the secret that its deliveries are signed with.

    It gets events that are published from now on, within a minute.
    """
    destinations.require(session.stack)
    filters = Filters(
        frozenset(map(_kind, _listed(kinds))),
        frozenset(number_of(one) for one in _listed(numbers)),
        frozenset(one.lower() for one in _listed(agents)),
        _direction(direction),
    )
    secret = destinations.add(session.stack, Destination(name, url, filters))
    session.show({"name": name, "secret": secret}, _print_secret)


@app.command("list")
@options.command
def list_destinations(session: Session) -> None:
    """List destinations, how they have been, and what they get."""
    every = destinations.every(session.stack)
    session.show([reading.document(session.stack, one) for one in every], _print_list)


@app.command()
@options.command
def test(session: Session, name: Name) -> None:
    """Let the stack post a test event to a destination. Exit code 0 if it was accepted."""
    with output.progress("waiting for the sender"):
        result = destinations.test(session.stack, name)
    if result is None:
        raise UsageError("The sender did not answer. Look at its log group, and at: hooks doctor")
    document = {"name": name, "delivered": not result["reason"], **result}
    session.show(document, _print_test)
    raise typer.Exit(0 if document["delivered"] else 1)


@app.command()
@options.command
def pause(session: Session, name: Name) -> None:
    """Deliver nothing to a destination until it is resumed; its events wait."""
    destinations.pause(session.stack, name)
    session.show({"name": name, "did": "pause"}, _did(f"{name} is paused. Its events wait."))


@app.command()
@options.command
def resume(session: Session, name: Name) -> None:
    """Deliver what waited, and what comes."""
    destinations.resume(session.stack, name)
    text = f"{name} gets events again; those that waited follow within minutes."
    session.show({"name": name, "did": "resume"}, _did(text))


@app.command()
@options.command
def remove(session: Session, name: Name, yes: options.Yes = False) -> None:
    """Remove a destination, its secret, and its deliveries that have not arrived."""
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Remove {name} and everything that waits for it?", abort=True, err=True)
    destinations.remove(session.stack, name)
    session.show({"name": name, "did": "remove"}, _did(f"{name} is removed."))


@app.command()
@options.command
def rotate(session: Session, name: Name, overlap: Overlap = "24h") -> None:
    """Make a new secret and print it; deliveries carry both signatures during --overlap."""
    span = options.span("--overlap", overlap)
    if span.days > _MAX_OVERLAP_DAYS:
        raise UsageError(f"--overlap {overlap}: the maximum is {_MAX_OVERLAP_DAYS} days.")
    secret = destinations.rotate(session.stack, name, span.total_seconds())
    session.show({"name": name, "secret": secret}, _print_secret)


def _listed(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").split(",") if one.strip()]


def _kind(text: str) -> str:
    own = (ARCHIVED_KIND, FAILED_KIND)
    groups = {f"{kind.partition('.')[0]}.*" for kind in (*KINDS, *own)}
    return text if text in groups or text in own else options.read_kind(text)


def _direction(text: str | None) -> str:
    if text not in (None, "inbound", "outbound"):
        raise UsageError("--direction: write inbound or outbound.")
    return text or ""


def _did(text: str) -> Callable[[Document], None]:
    return lambda _document: output.text(text)


def _print_secret(document: Document) -> None:
    output.text(
        f"The secret of {document['name']} is shown only now. Give it to the receiver:",
        f"\n  {document['secret']}\n",
        f"Try it: {CALLED} destinations test {document['name']}",
    )


def _print_test(document: Document) -> None:
    if document["delivered"]:
        output.text(f"Delivered: {document['status']} after {document['milliseconds']} ms.")
    else:
        output.text(f"Not delivered: {document['reason']} after {document['milliseconds']} ms.")


def _print_list(rows: list[Document]) -> None:
    table = output.Table("name", "state", "since", "success", "waiting", "given up", "error", "url")
    for one in rows:
        rate = one["success_rate"]
        table.add(
            one["name"],
            one["state"],
            output.when(one["since"]) if one["since"] else None,
            None if rate is None else f"{rate:.1%}",
            one["waiting"] or None,
            one["given_up"] or None,
            one["last_error"] if one["state"] != "healthy" else None,
            one["url"],
        )
    table.print(f"There are no destinations. Add one: {CALLED} destinations add NAME URL")
