"""Checks of the secret, and of what JustCall sends to the deployment."""

from collections.abc import Mapping

from cli import secret_versions
from cli.checks.finding import OK, WARN, WRONG, Check, Deployment, Result
from cli.subscriptions import TYPES, missing


def _secret(at: Deployment) -> Result:
    value = at.stack.secret
    if not value:
        return WRONG, "the secret is empty: deliveries are answered 503", at.hooks("secret rotate")
    if value != value.strip():
        return WRONG, "the secret begins or ends with white space", at.hooks("secret rotate")
    return OK, "readable, not empty", None


def _previous(at: Deployment) -> Result:
    secret = secret_versions.show(at.stack, at.clock)
    if end := secret["rotation_until"]:
        return WARN, f"a rotation is under way until {end}", at.hooks("secret rotate")
    previous = [one for one in secret["versions"] if one["stage"] == "previous"]
    if not previous or not previous[0]["accepted"]:
        return OK, "only the current secret is accepted", None
    end = previous[0]["accepted_until"] or "the next change"
    return OK, f"the previous one is accepted until {end}", None


def _subscriptions(at: Deployment) -> Result:
    if at.api is None:
        return WARN, "not checked: no API key", "export JUSTCALL_API_KEY=…"
    absent = missing(at.api().webhooks(), at.stack.webhook_url)
    if not absent:
        return OK, f"all {len(TYPES)} types", None
    remedy = at.hooks("subscribe")
    if len(absent) == len(TYPES):
        return WRONG, "this URL is not registered with JustCall", remedy
    return WARN, f"{len(absent)} of {len(TYPES)} are missing: {', '.join(absent)}", remedy


CHECKS: Mapping[str, Check] = {
    "secret": (_secret, "secret show"),
    "previous secret": (_previous, "secret show"),
    "subscriptions": (_subscriptions, "subscriptions"),
}
