"""Checks of the secret, and of what JustCall sends to the deployment."""

import time
from collections.abc import Callable, Mapping

from cli import rotation
from cli.checks.finding import OK, WARN, WRONG, Check, Remedies, Result
from cli.justcall_api import Api
from cli.stack import Stack
from cli.subscriptions import TYPES, missing


class Sender:
    """Checks of one deployment by what JustCall must know of it."""

    def __init__(
        self,
        stack: Stack,
        remedies: Remedies,
        api: Callable[[], Api] | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stack, self._try, self._api, self._clock = stack, remedies, api, clock

    def checks(self) -> Mapping[str, Check]:
        """Return the checks by name; JustCall can't reach a local stack."""
        hooks = self._try.hooks
        checks: dict[str, Check] = {
            "secret": (self._secret, hooks("secret show")),
            "previous secret": (self._previous, hooks("secret show")),
        }
        if self._api or not self._try.is_local:
            checks["subscriptions"] = (self._subscriptions, hooks("subscriptions"))
        return checks

    def _secret(self) -> Result:
        value = self._stack.secret
        if not value:
            return WRONG, "the secret is empty: deliveries are answered 503", self._try.rotate
        if value != value.strip():
            return WRONG, "the secret begins or ends with white space", self._try.rotate
        return OK, "readable, not empty", None

    def _previous(self) -> Result:
        found = rotation.show(self._stack, self._clock)
        if end := found["rotation_until"]:
            return WARN, f"a rotation is under way until {end}", self._try.rotate
        previous = [one for one in found["versions"] if one["stage"] == "previous"]
        if not previous or not previous[0]["accepted"]:
            return OK, "only the current secret is accepted", None
        end = previous[0]["accepted_until"] or "the next change"
        return OK, f"the previous one is accepted until {end}", None

    def _subscriptions(self) -> Result:
        if self._api is None:
            return WARN, "not checked: no API key", "export JUSTCALL_API_KEY=…"
        absent = missing(self._api().webhooks(), self._stack.webhook_url)
        if not absent:
            return OK, f"all {len(TYPES)} types", None
        remedy = self._try.hooks("subscribe")
        if len(absent) == len(TYPES):
            return WRONG, "this URL is not registered with JustCall", remedy
        return WARN, f"{len(absent)} of {len(TYPES)} are missing: {', '.join(absent)}", remedy
