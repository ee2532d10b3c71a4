"""All checks of a deployment, in one order."""

from collections.abc import Iterator

from cli.checks import credentials, inside, outside
from cli.checks.finding import Deployment, Finding, made
from cli.checks.outside import KIND, NUMBER

__all__ = ["KIND", "NUMBER", "ORDER", "examine"]

ORDER = (
    "stack", "reachable", "clock", "unsigned refused", "forged refused", "secret",
    "previous secret", "signed processed", "not UTF-8", "indexes", "queues", "dead letters",
    "alarms", "sweeper", "subscriptions",
)  # fmt: skip


def examine(at: Deployment) -> Iterator[Finding]:
    """Yield what each check finds; a check that fails stops no other."""
    checks = {**inside.CHECKS, **outside.CHECKS, **credentials.CHECKS}
    for name in ORDER:
        # JustCall can't reach a local stack.
        if name != "subscriptions" or at.where or at.api:
            yield made(name, checks[name], at)
