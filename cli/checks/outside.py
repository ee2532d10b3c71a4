"""Checks from outside: what a sender sees of the receiver, and what becomes of one event."""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from cli import samples
from cli.checks.finding import OK, WARN, WRONG, Check, Remedies, Result
from cli.reading import table
from cli.send import body_signed, key_of
from cli.stack import Stack
from ledger import schema
from local.post import Receiver

# Reserved for fiction: nobody's timeline is touched.
NUMBER = "+12025550142"
KIND = "contact.created"
PROCESSED_SECONDS = 60.0
_POLL_SECONDS = 0.25
_SKEW_SECONDS, _LARGE_SKEW_SECONDS = 5.0, 120.0


class Outside:
    """Checks of one deployment by way of its URL."""

    def __init__(
        self,
        stack: Stack,
        remedies: Remedies,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stack, self._try = stack, remedies
        self._clock, self._sleep = clock, sleep

    def checks(self) -> Mapping[str, Check]:
        """Return the checks by name."""
        look = self._try.look
        return {
            "reachable": (self._reachable, look),
            "clock": (self._skew, look),
            "unsigned refused": (lambda: self._refused(None), look),
            "forged refused": (lambda: self._refused("not JustCall's secret"), look),
            "signed processed": (self._processed, self._try.hooks("send call.completed")),
        }

    def _reachable(self) -> Result:
        status = self._look().status
        if status == 200:
            return OK, f"{self._stack.webhook_url} answers 200", None
        return WRONG, f"{self._stack.webhook_url} answers {status} to GET", self._try.redeploy

    def _skew(self) -> Result:
        date = self._look().headers.get("date")
        if not date:
            return WARN, "the receiver sends no Date", None
        ahead = self._clock() - parsedate_to_datetime(date).timestamp()
        if abs(ahead) <= _SKEW_SECONDS:
            return OK, "this machine and the receiver agree", None
        verdict = WARN if abs(ahead) <= _LARGE_SKEW_SECONDS else WRONG
        order = "ahead of" if ahead > 0 else "behind"
        return verdict, f"this machine is {abs(ahead):.0f} s {order} the receiver", "timedatectl"

    def _refused(self, secret: str | None) -> Result:
        status = self._post(samples.fresh("call.completed", []), secret)
        if status == 401:
            return OK, "401, no effect", None
        if status == 503:
            what = "503: signatures can't be checked now"
            return WARN, what, self._try.hooks("secret show")
        return WRONG, f"answered {status} instead of 401", self._try.redeploy

    def _processed(self) -> Result:
        """Send an event of a fictional contact, wait until it is processed, and remove it."""
        settings = [f'data.phone="{NUMBER}"', 'data.first_name="hooks"', 'data.last_name="doctor"']
        body = samples.fresh(KIND, settings)
        started = self._clock()
        status = self._post(body, self._stack.secret)
        if status != 200:
            what = f"answered {status} instead of 200"
            return WRONG, what, self._try.hooks("secret show")
        key = key_of(body) or ""
        became = self._wait(key)
        seconds = self._clock() - started
        if became != "processed":
            # Not removed: its message may still be processed.
            return WRONG, f"{became} after {seconds:.0f} s: {key}", self._try.hooks(f"show {key}")
        left = self._remove(key)
        if left:
            return WARN, f"processed, but {left} of its items could not be removed", None
        return OK, f"processed after {seconds:.1f} s, and removed", None

    def _look(self) -> Any:
        with Receiver(self._stack.webhook_url) as receiver:
            return receiver.look("GET")

    def _post(self, body: bytes, secret: str | None) -> int:
        with Receiver(self._stack.webhook_url) as receiver:
            return receiver.post(body, body_signed(body, secret)).status

    def _wait(self, key: str) -> str:
        """Return the event's status once it is final, or after a minute."""
        end = self._clock() + PROCESSED_SECONDS
        while True:
            items = table.ledger_items(self._stack, key)
            status: str = items[0]["status"]["S"] if items else "not on the ledger"
            if status in ("processed", "failed", "stuck") or self._clock() >= end:
                return status
            self._sleep(_POLL_SECONDS)

    def _remove(self, key: str) -> int:
        """Delete an event, and with it its timeline entry; return how many items are left."""
        client, name = self._stack.client("dynamodb"), schema.event_partition(key)
        for item in table.partition(self._stack, name):
            where = {"pk": item["pk"], "sk": item["sk"]}
            client.delete_item(TableName=self._stack.events_table, Key=where)
        return len(table.partition(self._stack, name))
