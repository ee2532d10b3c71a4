"""`hooks secret`: who may sign, since when and until when; and the next secret."""

import getpass
import sys
import time
from typing import Annotated

import typer

from cli import CALLED, options, render, rotation
from cli import stack as stacks
from cli.errors import UsageError
from cli.read import Document
from cli.stack import Stack
from justcall.moments import iso

app = typer.Typer(help="Show the API secret's versions, and rotate it.", no_args_is_help=True)

_LONGEST_OVERLAP = 366 * 86_400


@app.command()
def show(
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Show when the secret was changed and until when the one before is accepted; never a value.

    Exit code 1 if there is no secret.
    """
    found = rotation.show(stacks.find(stack, region, profile), time.time)
    render.as_json(found) if json else render.secret(found)
    raise typer.Exit(0 if found["versions"] else 1)


@app.command()
def rotate(
    begin: Annotated[
        bool, typer.Option("--begin", help="Before you make new credentials at JustCall.")
    ] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Take --begin back.")] = False,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the secret from stdin, for pipes.")
    ] = False,
    overlap: Annotated[
        str, typer.Option(help="So long the secret before is accepted: 0s, 90m, 24h, 7d.")
    ] = "24h",
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Put a new API secret in place; it is asked for, or comes by --stdin, and is never shown.

    Without loss: `rotate --begin`, make new credentials at JustCall, `rotate`.
    """
    if begin + abort + stdin > 1:
        raise UsageError("--begin, --abort and --stdin exclude each other")
    seconds = options.span("--overlap", overlap)
    if seconds > _LONGEST_OVERLAP:
        raise UsageError(f"--overlap {overlap}: a year is the longest")
    deployment = stacks.find(stack, region, profile)
    if begin:
        done = _begin(deployment)
    elif abort:
        done = _abort(deployment)
    else:
        done = _rotate(deployment, seconds, stdin=stdin)
    render.as_json(done) if json else render.rotation(done)


def _begin(stack: Stack) -> Document:
    end = rotation.begin(stack, time.time)
    with render.errors.status("waiting until every handler knows"):
        time.sleep(rotation.KNOWN_SECONDS)
    return {"did": "begin", "rotation_until": iso(end)}


def _abort(stack: Stack) -> Document:
    return {"did": "abort" if rotation.abort(stack) else "nothing"}


def _rotate(stack: Stack, overlap: float, *, stdin: bool) -> Document:
    # Under way from here on: who types a secret has changed it at JustCall already.
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
        raise UsageError(f"no terminal to ask at; in a pipe: … | {CALLED} secret rotate --stdin")
    try:
        return getpass.getpass("the new API secret (not shown): ")
    except EOFError as error:
        raise UsageError("no secret was typed; nothing was changed") from error


def _from_stdin() -> str:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        # Not chained: it would carry what was read.
        raise UsageError("stdin holds no text; nothing was changed") from None
    # The line's end that echo and editors add is none of the secret's.
    return text.removesuffix("\n").removesuffix("\r")
