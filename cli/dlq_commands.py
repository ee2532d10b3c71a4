"""`hooks dlq`: what lies in the dead-letter queues, and its way back."""

from typing import Annotated, Any

import typer

from cli import dead_letters, options, render
from cli import stack as stacks
from cli.errors import UsageError
from cli.stack import Stack
from justcall.catalogue import KINDS

app = typer.Typer(help="Look at dead letters, and move them back.", no_args_is_help=False)

KindName = Annotated[str, typer.Argument(help="For example call.completed.")]


@app.callback(invoke_without_command=True)
def dlq(
    context: typer.Context,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """List the kinds with the number of their dead letters, and look at or redrive one's."""
    if context.invoked_subcommand:
        if json or stack or region or profile:
            raise UsageError(f"write options after {context.invoked_subcommand}")
        return
    deployment = stacks.find(stack, region, profile)
    counts = {kind: dead_letters.count(deployment, kind) for kind in KINDS}
    found = [{"kind": kind, **one._asdict()} for kind, one in counts.items()]
    render.as_json(found) if json else render.dead_letter_queues(found)


@app.command()
def show(
    kind: KindName,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Show what the dead letters of a kind are; they stay where they are."""
    name = options.known_kind(kind)
    found = dead_letters.show(stacks.find(stack, region, profile), name, limit)
    render.as_json(found) if json else render.dead_letters(found)


@app.command()
def redrive(
    kind: Annotated[str | None, typer.Argument(help="For example call.completed.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of every kind.")] = False,
    rate: Annotated[int, typer.Option(min=1, max=500, help="At most so many a second.")] = 10,
    dry_run: options.DryRun = False,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Move dead letters back to their kind's queue, whose processor tries each anew.

    Exit code 0 if all were moved (or there are none), 1 if a move ended early.
    """
    if bool(kind) == every:
        raise UsageError("redrive what? name a kind, or --all")
    kinds = [options.known_kind(kind)] if kind else list(KINDS)
    deployment = stacks.find(stack, region, profile)
    counts = {one: dead_letters.count(deployment, one).dead_letters for one in kinds}
    moves = [
        _preview(name, number) if dry_run else _move(deployment, name, number, rate)
        for name, number in counts.items()
        if number
    ]
    if json:
        render.as_json({"dry_run": dry_run, "kinds": moves})
    else:
        render.redriven(moves, dry_run=dry_run)
    raise typer.Exit(1 if any(move["failure"] for move in moves) else 0)


def _preview(kind: str, number: int) -> dict[str, Any]:
    return {"kind": kind, "dead_letters": number, "moved": 0, "way": None, "failure": None}


def _move(stack: Stack, kind: str, number: int, rate: int) -> dict[str, Any]:
    done = _preview(kind, number)
    with render.errors.status(f"moving {kind}") as progress:
        for moved in dead_letters.redrive(stack, kind, rate):
            done |= moved._asdict()
            progress.update(f"{kind}: moved {moved.moved} of about {number}")
    return done
