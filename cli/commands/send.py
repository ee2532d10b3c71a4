"""`hooks send`: posts samples, or any bytes, as JustCall does."""

from collections.abc import Callable
from typing import Annotated

import typer

from cli import CALLED, captures, options, output, samples
from cli import send as posting
from cli.errors import UsageError
from cli.options import Session
from cli.reading.table import Document

_KIND = "call.completed"
_WRONG_SECRET = "a secret that JustCall does not have"  # noqa: S105  (guards nothing)

KindName = Annotated[
    str | None, typer.Argument(help="For example sms.sent; default: call.completed.")
]
Url = Annotated[str | None, typer.Option(help="Post to this URL instead of the stack's.")]
Secret = Annotated[str | None, typer.Option(help="Sign with this secret; default: the stack's.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Set a field: data.field=value. May be repeated.")
]
Count = Annotated[int, typer.Option(min=1, help="Number of events to send.")]
Repeat = Annotated[int, typer.Option(min=1, help="Deliveries of each event.")]
Rate = Annotated[float | None, typer.Option(min=0.01, help="Maximum deliveries per second.")]
Forge = Annotated[bool, typer.Option("--forge", help="Sign with a wrong secret.")]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Do not sign.")]
AsIs = Annotated[bool, typer.Option("--as-is", help="Send the sample without a new id and time.")]
File = Annotated[
    str | None,
    typer.Option(help="Post this file's bytes, or the body of the Lambda event in it; - is stdin."),
]
UrlSigned = Annotated[
    bool, typer.Option("--url-signed", help="Use the url-signed dialect; KIND is one of its types.")
]


@options.command
def send(
    session: Session,
    kind: KindName = None,
    url: Url = None,
    secret: Secret = None,
    set_: Settings = None,
    count: Count = 1,
    repeat: Repeat = 1,
    rate: Rate = None,
    forge: Forge = False,
    unsigned: Unsigned = False,
    as_is: AsIs = False,
    file: File = None,
    url_signed: UrlSigned = False,
) -> None:
    """Post a signed sample, as a new event with its own id.

    Exit code 0 if every answer is as expected: 200, or 401 for --forge and --unsigned.
    """
    options.exclusive(secret=secret is not None, forge=forge, unsigned=unsigned)
    if kind and file:
        raise UsageError("Write KIND or --file, not both: the file's event has its own type.")
    make = _maker(kind or _KIND, file, set_ or [], as_is=as_is, url_signed=url_signed)
    target = url or session.stack.webhook_url
    key = None if unsigned else _WRONG_SECRET if forge else secret or session.stack.secret
    elsewhere = url and (secret or forge or unsigned)  # nothing of the stack is needed
    registered = target if elsewhere else session.stack.registered_url
    signing = _signing(key, registered if url_signed else None)
    bodies = (body for _ in range(count) for body in [make()] * repeat)
    sent = []
    with output.progress("sending") as progress:
        for one in posting.send(target, bodies, signing, rate):
            sent.append(one._asdict())
            progress.update(f"sent {len(sent)} of {count * repeat}")
    session.show({"sent": sent}, _print)
    expected = 401 if forge or unsigned else 200
    raise typer.Exit(0 if all(one["status"] == expected for one in sent) else 1)


def _signing(secret: str | None, registered_url: str | None) -> posting.Signing:
    """Return the function that makes a delivery's headers; url-signed ones need the URL."""
    if registered_url is None:
        return lambda body: posting.body_signed(body, secret)
    return lambda body: posting.url_signed_headers(body, secret, registered_url)


def _maker(
    kind: str, file: str | None, settings: list[str], *, as_is: bool, url_signed: bool
) -> Callable[[], bytes]:
    """Return the function that makes each event's body: a new sample, or always the same bytes."""
    options.exclusive(file=bool(file), as_is=as_is)
    if settings and (file or as_is):
        raise UsageError("--set needs a new sample. Leave out --file and --as-is.")
    if file:
        # Read once: stdin is empty the second time.
        content = captures.read("--file", file).body
        return lambda: content
    name = options.read_url_signed_type(kind) if url_signed else options.read_kind(kind)
    if not as_is:
        return lambda: samples.fresh(name, settings)
    body = samples.sample(name)
    return lambda: body


def _print(document: Document) -> None:
    """Print one answer with the next command, or a summary of many."""
    answers = document["sent"]
    if len(answers) > 1:
        _print_summary(answers)
        return
    [one] = answers
    output.text(f"{one['status']} {output.line(one['answer'])}  ({one['milliseconds']} ms)")
    if one["status"] == 200 and one["key"]:
        output.text(f"{CALLED} show {one['key']}")


def _print_summary(answers: list[Document]) -> None:
    groups: dict[str, list[float]] = {}
    for one in answers:
        groups.setdefault(f"{one['status']} {one['answer']}", []).append(one["milliseconds"])
    table = output.Table("answer", "count", "p50 ms", "p99 ms")
    for answer, times in sorted(groups.items()):
        times.sort()
        p50, p99 = (times[int(len(times) * part)] for part in (0.5, 0.99))
        table.add(answer, len(times), p50, p99)
    table.print()
