"""`hooks subscribe`, `subscriptions` and `unsubscribe`: what JustCall tells this stack of."""

import getpass
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from cli import justcall_api, options, render, subscriptions
from cli import stack as stacks
from cli.errors import UsageError
from cli.justcall_api import Api, Credentials
from cli.stack import Stack
from cli.subscriptions import FAILED, Outcome

ApiKey = Annotated[
    str | None,
    options.api_key("JustCall's API key; else it is asked for. Its secret is the stack's."),
]
ApiUrl = Annotated[str, typer.Option(envvar="JUSTCALL_API_URL", hidden=True)]
Types = Annotated[str | None, typer.Option(help="call.completed,sms.sent,…")]


def subscribe(
    types: Types = None,
    url: Annotated[str | None, typer.Option(help="Else the stack's webhook URL.")] = None,
    dry_run: options.DryRun = False,
    api_key: ApiKey = None,
    api_url: ApiUrl = justcall_api.API_URL,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Let JustCall tell the stack of events: of --types, else of all that JustCall documents.

    Exit code 0 if the URL hears of each type then, 1 if JustCall refused one.
    """
    wanted = subscriptions.read_types(types)
    deployment = stacks.find(stack, region, profile)
    target = url or deployment.webhook_url
    subscriptions.check_url(target)
    _change(
        lambda api: subscriptions.subscribe(api, wanted, target, dry_run=dry_run),
        (target, credentials(deployment, api_key), api_url),
        dry_run=dry_run,
        json=json,
    )


def unsubscribe(
    types: Types = None,
    every: Annotated[bool, typer.Option("--all", help="Of every type.")] = False,
    dry_run: options.DryRun = False,
    api_key: ApiKey = None,
    api_url: ApiUrl = justcall_api.API_URL,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Let JustCall tell the stack no more of --types, or of --all; other URLs stay.

    Exit code 0 if the stack's URL hears of none of them then, 1 if JustCall refused one.
    """
    if (types is not None) == every:
        raise UsageError("unsubscribe from what? --types call.completed,sms.sent or --all")
    wanted = None if every else subscriptions.read_types(types)
    deployment = stacks.find(stack, region, profile)
    target = deployment.webhook_url
    _change(
        lambda api: subscriptions.unsubscribe(api, wanted, target, dry_run=dry_run),
        (target, credentials(deployment, api_key), api_url),
        dry_run=dry_run,
        json=json,
    )


def list_subscriptions(
    api_key: ApiKey = None,
    api_url: ApiUrl = justcall_api.API_URL,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """List which URLs of the JustCall account hear of which types, and which are the stack's."""
    deployment = stacks.find(stack, region, profile)
    known = credentials(deployment, api_key)
    with render.errors.status("asking JustCall") as progress:
        found = Api(api_url, known, progress.update).webhooks()
    documents = justcall_api.documents(found, deployment.webhook_url)
    render.as_json(documents) if json else render.subscriptions(documents)


def credentials(stack: Stack, api_key: str | None) -> Credentials:
    """Return the key that was given or is typed, with the stack's secret. Raises UsageError."""
    if not api_key:
        if not sys.stdin.isatty():
            raise UsageError("which API key? set JUSTCALL_API_KEY")
        api_key = getpass.getpass("JustCall's API key (not shown): ").strip()
    return Credentials(api_key, stack.secret)


def _change(
    change: Callable[[Api], Iterator[Outcome]],
    where: tuple[str, Credentials, str],
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Change type after type, print what became of each, and end."""
    target, known, api_url = where
    done: list[Outcome] = []
    with render.errors.status("asking JustCall") as progress:
        try:
            for one in change(Api(api_url, known, progress.update)):
                done.append(one)
                progress.update(f"{one.type}: {one.outcome}")
        except UsageError as error:
            if not done:
                raise
            # What was done before must be told, whatever ended it.
            done.append(Outcome("", FAILED, f"ended early: {error}"))
    if json:
        counts = Counter(one.outcome for one in done)
        document = {"dry_run": dry_run, "webhook_url": target, "failed": counts[FAILED]}
        render.as_json(document | {"types": [one._asdict() for one in done]})
    else:
        render.subscribed(done, dry_run=dry_run)
    raise typer.Exit(1 if any(one.outcome == FAILED for one in done) else 0)
