"""`hooks secret`: show the API secret's versions, and rotate it."""

import getpass
import sys
import time
from datetime import timedelta
from typing import Annotated

import typer

from cli import CALLED, options, output, rotation, secret_versions
from cli.errors import UsageError
from cli.options import Session
from cli.reading.table import Document
from cli.stack import Stack
from justcall.moments import iso

app = typer.Typer(help="Show the API secret's versions, and rotate it.", no_args_is_help=True)

_MAX_OVERLAP = timedelta(days=366)

Begin = Annotated[
    bool, typer.Option("--begin", help="Run before you create new credentials at JustCall.")
]
Abort = Annotated[bool, typer.Option("--abort", help="Undo --begin.")]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read the secret from stdin, for pipes.")]
Overlap = Annotated[
    str, typer.Option(help="How long the previous secret stays accepted: 0s, 90m, 24h, 7d.")
]


@app.command()
@options.command
def show(session: Session) -> None:
    """Show when the secret was changed, and until when the previous one is accepted.

    Never prints a secret. Exit code 1 if there is no secret.
    """
    versions = secret_versions.show(session.stack, time.time)
    session.show(versions, _print_versions)
    raise typer.Exit(0 if versions["versions"] else 1)


@app.command()
@options.command
def rotate(
    session: Session,
    begin: Begin = False,
    abort: Abort = False,
    stdin: Stdin = False,
    overlap: Overlap = "24h",
) -> None:
    """Store a new API secret; the program asks for it, or reads it with --stdin.

    To lose no event: run `rotate --begin`, create new credentials at JustCall, then run `rotate`.
    """
    options.exclusive(begin=begin, abort=abort, stdin=stdin)
    accepted = options.span("--overlap", overlap)
    if accepted > _MAX_OVERLAP:
        raise UsageError(f"--overlap {overlap}: the maximum is a year.")
    if begin:
        result = _begin(session.stack)
    elif abort:
        result = {"did": "abort" if rotation.abort(session.stack) else "nothing"}
    else:
        result = _rotate(session.stack, accepted.total_seconds(), stdin=stdin)
    session.show(result, _print_rotation)


def _begin(stack: Stack) -> Document:
    end = rotation.begin(stack, time.time)
    with output.progress("waiting until every handler has read the label"):
        time.sleep(rotation.KNOWN_SECONDS)
    return {"did": "begin", "rotation_until": iso(end)}


def _rotate(stack: Stack, overlap: float, *, stdin: bool) -> Document:
    # Under way while the user types: JustCall already signs with the new secret.
    with rotation.under_way(stack, time.time):
        secret = _from_stdin() if stdin else _typed()
        rotated = rotation.rotate(stack, secret, overlap, time.time)
    end = rotated.previous_until
    return {
        "did": "rotate",
        "version_id": rotated.version_id,
        "previous_until": None if end is None else iso(end),
    }


def _typed() -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"There is no terminal. In a pipe: … | {CALLED} secret rotate --stdin")
    try:
        return getpass.getpass("The new API secret (not shown): ")
    except EOFError as error:
        raise UsageError("No secret was typed; nothing was changed.") from error


def _from_stdin() -> str:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        # Not chained: the original error holds what was read.
        raise UsageError("stdin is not UTF-8 text; nothing was changed.") from None
    # echo and editors add a line end; it is not part of the secret.
    return text.removesuffix("\n").removesuffix("\r")


def _print_versions(document: Document) -> None:
    table = output.Table("secret", "changed", "accepted", "version")
    for one in document["versions"]:
        table.add(one["stage"], output.when(one["changed_at"]), _accepted(one), one["version_id"])
    table.print(f"There is no secret. Set one: {CALLED} secret rotate")
    if document["rotation_until"]:
        until = output.when(document["rotation_until"])
        output.text(f"\nA rotation is under way until {until}. End it: {CALLED} secret rotate")


def _accepted(version: Document) -> str:
    end = version["accepted_until"]
    if version["stage"] == "current":
        return "yes"
    if not version["accepted"]:
        return f"no, since {output.when(end)}"
    return "until the next change" if end is None else f"until {output.when(end)}"


def _print_rotation(result: Document) -> None:
    """Print the result and the next step."""
    match result["did"]:
        case "begin":
            end = output.when(result["rotation_until"])
            output.text(
                f"Until {end} (UTC), deliveries with an unknown signature are answered 503."
            )
            output.text(f"Create new credentials at JustCall now, then run: {CALLED} secret rotate")
        case "rotate":
            output.text("The new secret is stored; handlers use it within seconds.")
            if end := result["previous_until"]:
                output.text(f"The previous one is accepted until {output.when(end)} (UTC).")
        case "abort":
            output.text("The rotation was aborted; the secret is unchanged.")
        case _:
            output.text("No rotation was under way; nothing was changed.")
