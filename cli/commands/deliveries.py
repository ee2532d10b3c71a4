"""`hooks deliveries`: deliveries that have not arrived."""

from typing import Annotated

import typer

from cli import destinations, options, output
from cli.options import Session
from cli.reading import deliveries as reading
from cli.reading.table import Document

Failed = Annotated[bool, typer.Option("--failed", help="Only those that were given up.")]
To = Annotated[str | None, typer.Option(help="Only those to this destination.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Maximum number of deliveries.")]


@options.command
def deliveries(session: Session, failed: Failed = False, to: To = None, limit: Limit = 50) -> None:
    """List deliveries that wait for another attempt, or were given up, with their errors.

    Deliveries that arrived are counted by `hooks destinations list`, and each is in the log.
    """
    stack = session.stack
    names = [one.name for one in destinations.every(stack)]
    if to is not None:
        names = [destinations.find(stack, to).name]
    rows = reading.deliveries(stack, names, failed=True, waiting=not failed, limit=limit)
    session.show(rows, _print)


def _print(rows: list[Document]) -> None:
    table = output.Table("destination", "state", "due or given up", "attempts", "key", "error")
    for one in rows:
        table.add(
            one["destination"],
            one["state"],
            output.when(one["at"]),
            one["attempts"],
            one["key"],
            one["error"],
        )
    table.print("Every delivery has arrived.")
