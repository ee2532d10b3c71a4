"""All checks of a deployment, in one order."""

import time
from collections.abc import Callable, Iterator

from cli.checks.credentials import Sender
from cli.checks.finding import Finding, Remedies, made
from cli.checks.inside import Inside
from cli.checks.outside import KIND, NUMBER, Outside
from cli.justcall_api import Api
from cli.stack import Stack

__all__ = ["KIND", "NUMBER", "ORDER", "examine"]

ORDER = (
    "stack", "reachable", "clock", "unsigned refused", "forged refused", "secret",
    "previous secret", "signed processed", "indexes", "queues", "dead letters", "alarms",
    "sweeper", "subscriptions",
)  # fmt: skip


def examine(
    stack: Stack,
    where: str = "",
    api: Callable[[], Api] | None = None,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Finding]:
    """Yield what each check finds; a check that fails stops no other."""
    remedies = Remedies(where)
    checks = {
        **Inside(stack, remedies).checks(),
        **Outside(stack, remedies, clock, sleep).checks(),
        **Sender(stack, remedies, api, clock).checks(),
    }
    for name in ORDER:
        if name in checks:
            yield made(name, checks[name])
