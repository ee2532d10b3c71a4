"""`hooks doctor`: check a deployment, and name the command that helps."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from cli import justcall_api, options, output
from cli.checks import credentials, inside, outside
from cli.checks import events as of_events
from cli.checks.finding import OK, WARN, WRONG, Deployment, Finding, made
from cli.commands.subscriptions import ApiUrl
from cli.credentials import Credentials
from cli.errors import UsageError, explain
from cli.justcall_api import Api
from cli.options import Session
from cli.reading.table import Document

_VERDICTS = (OK, WARN, WRONG)
# Nobody listens there, or nobody answers: each check would wait for it.
_DOWN = (EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError)
ORDER = (
    "stack", "reachable", "clock", "unsigned refused", "forged refused", "secret",
    "previous secret", "signed processed", "not UTF-8", "indexes", "queues", "dead letters",
    "failed events", "stuck events", "retrying events", "quarantined events", "unhandled events",
    "destinations", "alarms", "sweeper", "subscriptions",
)  # fmt: skip

# Unlike the commands that change subscriptions, doctor does not ask for it.
ApiKey = Annotated[
    str | None, options.api_key("JustCall's API key; with it, the subscriptions are checked too.")
]


@options.command
def doctor(
    session: Session, api_key: ApiKey = None, api_url: ApiUrl = justcall_api.API_URL
) -> None:
    """Check a deployment from outside and inside; send one event and remove it again.

    Exit code 0 if nothing is wrong, else 1.
    """
    with output.progress("examining") as progress:
        findings = []

        def api() -> Api:
            credentials = Credentials(api_key or "", session.stack.secret)
            return Api(api_url, credentials, progress.update)

        try:
            at = Deployment(session.stack, session.where, api if api_key else None)
            for one in examine(at):
                findings.append(one)
                progress.update(f"{one.check}: {one.verdict}")
        except UsageError as error:
            findings.append(
                Finding("stack", WRONG, str(error), None if session.name else "make up")
            )
    counts = Counter(one.verdict for one in findings)
    document = {name: counts[name] for name in _VERDICTS}
    session.show(document | {"checks": [one._asdict() for one in findings]}, _print)
    raise typer.Exit(1 if counts[WRONG] else 0)


def examine(at: Deployment) -> Iterator[Finding]:
    """Make all checks; a check that fails stops no other. A stack that is down is one finding."""
    try:
        at.stack.client("cloudformation").describe_stacks(StackName=at.stack.name)
    except _DOWN as error:
        yield Finding("stack", WRONG, explain(error), at.look)
        return
    except (BotoCoreError, ClientError):
        pass  # the check of the stack says so
    checks = {**inside.CHECKS, **outside.CHECKS, **credentials.CHECKS, **of_events.CHECKS}
    for name in ORDER:
        # JustCall can't reach a local stack.
        if name != "subscriptions" or at.where or at.api:
            yield made(name, checks[name], at)


def _print(document: Document) -> None:
    table = output.Table("check", "verdict", "finding", "try")
    for one in document["checks"]:
        table.add(one["check"], one["verdict"], one["what"], one["mend"])
    table.print()
    output.text(f"\n{output.counts((name, document[name]) for name in _VERDICTS)}")
