"""`hooks subscribe`, `subscriptions` and `unsubscribe`: which events JustCall sends to a stack."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cli import CALLED, justcall_api, options, output, subscriptions
from cli.credentials import Credentials
from cli.errors import UsageError
from cli.justcall_api import Api
from cli.options import Session
from cli.reading.table import Document
from cli.subscriptions import FAILED, REMOVED, SUBSCRIBED, Outcome

ApiKey = Annotated[
    str | None, options.api_key("JustCall's API key; default: the program asks for it.")
]
ApiUrl = Annotated[str, typer.Option(envvar="JUSTCALL_API_URL", hidden=True)]
Types = Annotated[
    str | None, typer.Option(help="Only these types, for example call.completed,sms.sent.")
]
Url = Annotated[str | None, typer.Option(help="URL to register; default: the stack's.")]
Every = Annotated[bool, typer.Option("--all", help="Remove it from every type.")]


@options.command
def subscribe(
    session: Session,
    types: Types = None,
    url: Url = None,
    dry_run: options.DryRun = False,
    api_key: ApiKey = None,
    api_url: ApiUrl = justcall_api.API_URL,
) -> None:
    """Register this stack's URL with JustCall, for --types or for every documented type.

    Exit code 0 if JustCall now sends each of them to the URL, 1 if it refused one.
    """
    wanted = subscriptions.read_types(types)
    target = url or session.stack.webhook_url
    subscriptions.check_url(target)
    with _account(session, api_key, api_url) as (api, report):
        outcomes = subscriptions.subscribe(api, wanted, target, dry_run=dry_run)
        _show(session, _collected(outcomes, report), target, dry_run=dry_run)


@options.command
def unsubscribe(
    session: Session,
    types: Types = None,
    every: Every = False,
    dry_run: options.DryRun = False,
    api_key: ApiKey = None,
    api_url: ApiUrl = justcall_api.API_URL,
) -> None:
    """Remove this stack's URL, and no other, from --types or from --all at JustCall.

    Exit code 0 if JustCall now sends none of them to the URL, 1 if it refused one.
    """
    if (types is not None) == every:
        raise UsageError("Which types? Write --types call.completed,sms.sent or --all.")
    wanted = None if every else subscriptions.read_types(types)
    target = session.stack.webhook_url
    with _account(session, api_key, api_url) as (api, report):
        outcomes = subscriptions.unsubscribe(api, wanted, target, dry_run=dry_run)
        _show(session, _collected(outcomes, report), target, dry_run=dry_run)


@options.command
def list_subscriptions(
    session: Session, api_key: ApiKey = None, api_url: ApiUrl = justcall_api.API_URL
) -> None:
    """List the URLs that are registered with JustCall, and which are this stack's."""
    with _account(session, api_key, api_url) as (api, _):
        webhooks = api.webhooks()
    own = session.stack.webhook_url
    rows = [
        {"type": one.type, "webhook_url": one.url, "url_id": one.id, "own": one.url == own}
        for one in webhooks
    ]
    session.show(rows, _print_subscriptions)


@contextmanager
def _account(
    session: Session, api_key: str | None, url: str
) -> Iterator[tuple[Api, Callable[[str], None]]]:
    """Open JustCall's API; also yield the function that shows progress. Raises UsageError."""
    if not api_key:
        if not sys.stdin.isatty():
            raise UsageError("No API key. Set JUSTCALL_API_KEY, or use --api-key.")
        api_key = getpass.getpass("JustCall's API key (not shown): ").strip()
    credentials = Credentials(api_key, session.stack.secret)
    with output.progress("asking JustCall") as progress:
        yield Api(url, credentials, progress.update), progress.update


def _collected(outcomes: Iterator[Outcome], report: Callable[[str], None]) -> list[Outcome]:
    """Return the outcome of each type, up to an error that ends the run early."""
    done: list[Outcome] = []
    try:
        for one in outcomes:
            done.append(one)
            report(f"{one.type}: {one.outcome}")
    except UsageError as error:
        if not done:
            raise
        done.append(Outcome("", FAILED, f"ended early: {error}"))
    return done


def _show(session: Session, outcomes: list[Outcome], url: str, *, dry_run: bool) -> None:
    """Print the outcomes, and end with the exit code."""
    failed = sum(one.outcome == FAILED for one in outcomes)
    document = {"dry_run": dry_run, "webhook_url": url, "failed": failed}
    session.show(document | {"types": [one._asdict() for one in outcomes]}, _print_changes)
    raise typer.Exit(1 if failed else 0)


def _print_subscriptions(rows: list[Document]) -> None:
    table = output.Table("type", "whose", "url", "id")
    for one in rows:
        whose = "this stack's" if one["own"] else "another"
        table.add(one["type"], whose, one["webhook_url"], one["url_id"])
    table.print(f"No subscriptions. Make them: {CALLED} subscribe")


def _print_changes(document: Document) -> None:
    table = output.Table("type", "result", "note")
    for one in document["types"]:
        would = document["dry_run"] and one["outcome"] in (SUBSCRIBED, REMOVED)
        table.add(one["type"], f"{'would be ' * would}{one['outcome']}", one["note"])
    table.print("This stack has no subscriptions; nothing to do.")
    if document["dry_run"]:
        output.text("\nNothing was changed.")
