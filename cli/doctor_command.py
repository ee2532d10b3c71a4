"""`hooks doctor`: is the deployment well, and if not, what helps."""

import shlex
from collections import Counter
from typing import Annotated

import typer

from cli import justcall_api, options, render
from cli import stack as stacks
from cli.doctor import WRONG, Doctor, Finding
from cli.errors import UsageError
from cli.justcall_api import Api, Credentials
from cli.subscription_commands import ApiUrl

# Unlike the commands that change subscriptions, doctor does not ask for it.
ApiKey = Annotated[
    str | None,
    options.api_key(
        "JustCall's API key: with it, what JustCall tells the stack of is checked too."
    ),
]


def doctor(
    api_key: ApiKey = None,
    api_url: ApiUrl = justcall_api.API_URL,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Check a deployment from outside and inside; one event is sent, and removed again.

    Exit code 0 if nothing is wrong, 1 otherwise.
    """
    found: list[Finding] = []
    with render.errors.status("examining") as progress:
        try:
            deployment = stacks.find(stack, region, profile)
            where = _where(stack, region, profile)

            def api() -> Api:
                known = Credentials(api_key or "", deployment.secret)
                return Api(api_url, known, progress.update)

            for finding in Doctor(deployment, where, api if api_key else None).examine():
                found.append(finding)
                progress.update(f"{finding.check}: {finding.verdict}")
        except UsageError as error:
            found.append(Finding("stack", WRONG, str(error), None if stack else "make up"))
    counts = Counter(one.verdict for one in found)
    if json:
        document = {name: counts[name] for name in ("ok", "warn", "wrong")}
        render.as_json({**document, "checks": [one._asdict() for one in found]})
    else:
        render.findings(found)
    raise typer.Exit(1 if counts[WRONG] else 0)


def _where(stack: str | None, region: str | None, profile: str | None) -> str:
    """Return the options by which another command means the same deployment."""
    if not stack:
        return ""
    given = {"--stack": stack, "--region": region, "--profile": profile}
    return "".join(f" {name} {shlex.quote(value)}" for name, value in given.items() if value)
