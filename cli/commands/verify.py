"""`hooks verify` and `hooks sign`: does a signature fit, why not, and how it is made."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from cli import captures, options, output, secret_versions
from cli import send as sending
from cli.captures import Capture
from cli.errors import UsageError
from cli.options import Session
from cli.reading.table import Document
from cli.signing.verdict import Delivery, Secret, Verdict, examine
from justcall import envelope, signature, url_signature

Body = Annotated[
    str,
    typer.Option(help="File with the body's bytes, or with the Lambda event; - is stdin."),
]
Signature = Annotated[
    str | None,
    typer.Option("--signature", help="The signature header; default: the Lambda event's."),
]
Timestamp = Annotated[
    str | None, typer.Option(help="The timestamp header, of a url-signed delivery.")
]
Url = Annotated[
    str | None, typer.Option(help="URL that is registered with JustCall; default: the stack's.")
]
Type = Annotated[
    str | None, typer.Option("--type", help="Type that was signed; default: the body's.")
]
OwnSecret = Annotated[
    str | None, typer.Option(help="Use this secret; then no stack is asked. Default: the stack's.")
]
At = Annotated[
    str | None, typer.Option(help="When it arrived, such as 2h or an ISO time; default: now.")
]
UrlSigned = Annotated[bool, typer.Option("--url-signed", help="Sign in the url-signed dialect.")]


@options.command
def verify(
    session: Session,
    body: Body,
    claimed: Signature = None,
    timestamp: Timestamp = None,
    url: Url = None,
    type_: Type = None,
    secret: OwnSecret = None,
    at: At = None,
) -> None:
    """Tell whether a signature fits a delivery, and why not.

    It finds a body that was serialised again, a line end too many, another URL, an old time, or
    another secret of the stack. Exit code 0 if receivers accept it, 1 if not.
    """
    capture = captures.read("--body", body)
    arrived = options.moment("--at", at)
    delivery = Delivery(
        body=capture.body,
        signature=_signature_of(capture, claimed),
        at=arrived.timestamp() if arrived else time.time(),
        url=url,
        timestamp=_timestamp_of(capture, timestamp),
        type=type_,
    )
    if secret is None:
        secrets = stack_secrets(session)
        delivery = delivery._replace(url=url or session.stack.registered_url)
    else:
        secrets = [Secret("the given secret", secret)]
        if delivery.timestamp is not None and not url:
            raise UsageError("A url-signed delivery needs --url, the URL registered with JustCall.")
    verdict = examine(delivery, secrets)
    session.show(_document(verdict), _print)
    raise typer.Exit(0 if verdict.valid else 1)


@options.command
def sign(
    session: Session,
    body: Body,
    secret: OwnSecret = None,
    url_signed: UrlSigned = False,
    url: Url = None,
    type_: Type = None,
    timestamp: Annotated[
        str | None, typer.Option(help="Time to sign, in the header's form; default: now.")
    ] = None,
) -> None:
    """Print the headers that JustCall would send with a body.

    They fit curl: `hooks sign --body FILE | curl --header @- --data-binary @FILE URL`.
    """
    capture = captures.read("--body", body)
    if capture.from_event:
        output.note("The file is a Lambda event; its body is signed.")
    key = session.stack.secret if secret is None else secret
    if not key:
        raise UsageError("The secret is empty. Receivers accept no delivery that it signed.")
    if not url_signed:
        if url or type_ or timestamp:
            raise UsageError("--url, --type and --timestamp need --url-signed.")
        session.show({"headers": {signature.HEADER: signature.sign(capture.body, key)}}, _headers)
        return
    registered = url or (session.stack.registered_url if secret is None else None)
    if not registered:
        raise UsageError("A url-signed delivery needs --url, the URL registered with JustCall.")
    event_type = type_ or next(iter(envelope.claims(capture.body)[0]), None)
    if not event_type:
        raise UsageError("The body has no type. Write it: --type sms.received")
    moment = timestamp or sending.header_time()
    headers = sending.headers_for_url(registered, event_type, moment, key)
    session.show({"headers": headers}, _headers)


def stack_secrets(session: Session) -> Sequence[Secret]:
    """Return the stack's current secret and the previous one, if there is one."""
    stack = session.stack
    shown = secret_versions.show(stack, time.time)["versions"]
    return [
        Secret(
            f"the {one['stage']} secret",
            secret_versions.value(stack, one["version_id"]),
            accepted=one["accepted"],
        )
        for one in shown
    ]


def _signature_of(capture: Capture, given: str | None) -> str:
    claimed = capture.headers.get(signature.HEADER) if given is None else given
    if claimed is None and not capture.from_event:
        raise UsageError(f"Write --signature, the header {signature.HEADER}.")
    return claimed or ""


def _timestamp_of(capture: Capture, given: str | None) -> str | None:
    if given is not None or url_signature.VERSION_HEADER not in capture.headers:
        return given
    return capture.headers.get(url_signature.TIMESTAMP_HEADER, "")


def _document(verdict: Verdict) -> Document:
    return {
        "valid": verdict.valid,
        "dialect": verdict.dialect,
        "secret": verdict.secret,
        "causes": [one._asdict() for one in verdict.causes],
    }


def _print(document: Document) -> None:
    if document["valid"]:
        output.text(f"Valid: {document['dialect']}, with {document['secret']}.")
        return
    output.text(f"Not valid, read as {document['dialect']}:")
    for one in document["causes"]:
        output.text(f"  {one['reason']}: {one['text']}")


def _headers(document: Document) -> None:
    for name, value in document["headers"].items():
        output.text(f"{name}: {output.line(value)}")
