"""The commands of `hooks`: options in, one of the other modules, an exit code out."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli import (
    CALLED,
    __version__,
    dlq_commands,
    doctor_command,
    options,
    read,
    render,
    replay_command,
    samples,
    secret_commands,
    subscription_commands,
)
from cli import stack as stacks
from cli.errors import NotFoundError, UsageError
from cli.send import Signing, body_signed, url_signed_headers
from cli.send import send as post
from cli.stack import Stack

app = typer.Typer(
    help="Send sample events to a receiver, look at what became of events, replay them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_GUESS = "a secret that JustCall does not have"


@app.command()
def send(
    kind: Annotated[str, typer.Argument(help="For example call.completed.")] = "call.completed",
    url: Annotated[str | None, typer.Option(help="Post there instead of to the stack.")] = None,
    secret: Annotated[str | None, typer.Option(help="Sign with it; else the stack's.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="data.field=value, as often as needed.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="So many events, each new.")] = 1,
    repeat: Annotated[int, typer.Option(min=1, help="Each so many times, as JustCall may.")] = 1,
    rate: Annotated[float | None, typer.Option(min=0.01, help="At most so many a second.")] = None,
    forge: Annotated[bool, typer.Option("--forge", help="Sign with a wrong secret.")] = False,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Don't sign.")] = False,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="The sample itself, not a new one.")
    ] = False,
    file: Annotated[str | None, typer.Option(help="Post this file's bytes; - is stdin.")] = None,
    url_signed: Annotated[
        bool, typer.Option("--url-signed", help="In JustCall's other dialect; KIND is its type.")
    ] = False,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Post a signed sample, with an id of its own so that it is a new event.

    Exit code 0 if every answer is the right one: 200, and 401 for --forge and --unsigned.
    """
    _check_signing(secret, forge=forge, unsigned=unsigned)
    name = options.url_signed_type(kind) if url_signed else options.known_kind(kind)
    make = _maker(name, file, set_ or [], as_is=as_is)
    deployment = (
        None if url and (secret or forge or unsigned) else stacks.find(stack, region, profile)
    )
    target = url or _of(deployment).webhook_url
    key = None if unsigned else _GUESS if forge else secret or _of(deployment).secret
    bodies = (body for _ in range(count) for body in [make()] * repeat)
    sent = []
    with render.errors.status("sending") as progress:
        for one in post(target, bodies, _headers(key, deployment, target, url_signed), rate):
            sent.append(one)
            progress.update(f"sent {len(sent)} of {count * repeat}")
    if json:
        render.as_json({"sent": [one._asdict() for one in sent]})
    else:
        render.sent(sent)
    right = 401 if forge or unsigned else 200
    raise typer.Exit(0 if all(one.status == right for one in sent) else 1)


def _headers(
    secret: str | None, deployment: Stack | None, target: str, url_signed: bool
) -> Signing:
    """Return what signs each body, in either dialect."""
    if not url_signed:
        return lambda body: body_signed(body, secret)
    registered = deployment.registered_url if deployment else target
    return lambda body: url_signed_headers(body, secret, registered)


@app.command()
def events(
    json: options.AsJson = False,
    status: Annotated[str | None, typer.Option(help=", ".join(read.STATUSES))] = None,
    kind: options.Kind = None,
    since: options.Since = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """List events, the newest first."""
    if status and status not in read.STATUSES:
        raise UsageError(f"no status {status}; there are {', '.join(read.STATUSES)}")
    wanted, moment = options.any_type(kind) if kind else None, options.moment(since)
    deployment = stacks.find(stack, region, profile)
    with render.errors.status("looking"):
        found = read.events(deployment, status, wanted, moment, limit)
    if json:
        render.as_json(found)
    else:
        render.events(found, options.why_none(status, wanted, moment))


@app.command()
def show(
    key: str,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Show everything about one event: its steps, its body, its conflicts."""
    found = read.event(stacks.find(stack, region, profile), key)
    render.as_json(found) if json else render.event(found)


@app.command()
def timeline(
    number: str,
    json: options.AsJson = False,
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = 100,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Show what happened with one phone number, in the order of the events' own times."""
    found = read.timeline(stacks.find(stack, region, profile), number, limit)
    render.as_json(found) if json else render.timeline(found, number)


@app.command()
def contact(
    number: str,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Show what a number's owner does not want: no calls (dnd), no messages (dnm), opted out."""
    found = read.contact(stacks.find(stack, region, profile), number)
    render.as_json(found) if json else render.contact(found)


app.command()(replay_command.replay)
app.add_typer(dlq_commands.app, name="dlq")
app.add_typer(secret_commands.app, name="secret")
app.command()(subscription_commands.subscribe)
app.command("subscriptions")(subscription_commands.list_subscriptions)
app.command()(subscription_commands.unsubscribe)
app.command()(doctor_command.doctor)


@app.callback(invoke_without_command=True)
def version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version if asked."""
    if version:
        print(__version__)
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; what the user can mend is one line on stderr."""
    try:
        app(arguments, prog_name=CALLED)
    except NotFoundError as error:
        _end(str(error), 1)
    except UsageError as error:
        _end(str(error), 2)
    except ClientError as error:
        _end(f"AWS refused {error.operation_name}: {_reason(error)}", 2)
    except BotoCoreError as error:
        _end(f"AWS can't be asked: {error}{_hint(error)}", 2)


def _end(text: str, code: int) -> None:
    render.errors.print(f"hooks: {text}", soft_wrap=True)
    sys.exit(code)


def _hint(error: BotoCoreError) -> str:
    # The local stack's AWS, and no other, is on this machine.
    return "; is the stack up? (make up)" if "//127.0.0.1:" in str(error) else ""


def _reason(error: ClientError) -> str:
    told = error.response["Error"]
    return told.get("Message") or told.get("Code", "without a reason")


def _of(stack: Stack | None) -> Stack:
    assert stack is not None  # noqa: S101  (only left out where neither URL nor secret is needed)
    return stack


def _check_signing(secret: str | None, *, forge: bool, unsigned: bool) -> None:
    given = {"--secret": secret is not None, "--forge": forge, "--unsigned": unsigned}
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} exclude each other")


def _maker(kind: str, file: str | None, settings: list[str], *, as_is: bool) -> Callable[[], bytes]:
    """Return what makes each event's body: a new sample, or always the same bytes."""
    if not file and not as_is:
        return lambda: samples.fresh(kind, settings)
    if file and as_is:
        raise UsageError("--file and --as-is exclude each other")
    if settings:
        raise UsageError("--set changes a new sample; leave out --file and --as-is")
    # Read once: stdin holds nothing the second time.
    body = _read(file) if file else samples.sample(kind)
    return lambda: body


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"--file {file}: {error.strerror}") from error
