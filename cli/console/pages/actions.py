"""What the page can change. Each action is that of a command, and answers with a fragment."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from itertools import batched
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cli import destinations, evidence, options, output, redriving, samples
from cli import send as posting
from cli.commands.dismiss import dismiss_one
from cli.commands.replay import check_reason
from cli.commands.replay_to import OUTCOMES, SENT, named
from cli.console import rendering
from cli.delivering import OneDestination
from cli.errors import UsageError
from cli.options import read_kind
from cli.outcomes import FAILED, REPLAYED, Outcome
from cli.publishing import Publishing
from cli.reading import events
from cli.reading.events import Wanted
from cli.replay import Replay
from cli.stack import Stack
from justcall.event import DISMISSED, PROCESSED

type Form = Mapping[str, str]
type Result = dict[str, Any]
# The most events that one click delivers again; the command does more.
_MAX_SENT = 1000
_BATCH = 50
_RATE = 100


def replay(stack: Stack, form: Form) -> Result:
    """Replay one event, or the evidence of a conflict; or say what a replay would do."""
    reason, key, preview = form.get("reason", ""), form.get("key", ""), "preview" in form
    check_reason(reason)
    run = Replay(stack, reason, force="force" in form, dry_run=preview)
    if body_hash := form.get("hash"):
        outcome = run.conflict(key, evidence.find(stack, key, body_hash))
    else:
        outcome = run(key)
    return _told(outcome, REPLAYED, preview=preview)


def deliver(stack: Stack, form: Form) -> Result:
    """Deliver a processed event again to one destination."""
    preview = "preview" in form
    name, key = form.get("to", ""), form.get("key", "")
    way = OneDestination(stack, destinations.find(stack, name))
    [outcome] = Publishing(stack, way, dry_run=preview)([key])
    return _told(named(outcome, way.unwanted), SENT, preview=preview)


def deliver_since(stack: Stack, form: Form) -> Result:
    """Deliver what was processed since a time again to one destination, oldest first."""
    preview = "preview" in form
    destination = destinations.find(stack, form.get("to", ""))
    since = options.moment("since", form.get("since") or None)
    if since is None:
        raise UsageError("Since when? Write for example 2h.")
    keys = events.keys(stack, Wanted(PROCESSED, None, since))
    if len(keys) > _MAX_SENT:
        raise UsageError(
            f"That is {len(keys)} events; the page delivers at most {_MAX_SENT}. "
            f"Use: hooks replay --to {destination.name} --since {form['since']}"
        )
    if preview:
        text = f"Nothing was sent. {len(keys)} events were processed since then; its filters apply."
        return {"text": text, "key": None, "is_good": True}
    way = OneDestination(stack, destination)
    run = Publishing(stack, way)
    outcomes = [
        named(one, way.unwanted)
        for some in batched(keys, _BATCH, strict=False)
        for one in run(some)
    ]
    counts = Counter(one.outcome for one in outcomes)
    text = output.counts((word, counts[word]) for word in OUTCOMES) or "No events since then"
    return {"text": f"{text}.", "key": None, "is_good": not counts[FAILED]}


def _told(outcome: Outcome, good: str, *, preview: bool) -> Result:
    would = "Nothing was changed. It would be " if preview else ""
    text = f"{would}{outcome.outcome}{f': {outcome.note}' if outcome.note else ''}."
    return {"text": text, "key": outcome.replayed_as, "is_good": outcome.outcome == good}


def dismiss(stack: Stack, form: Form) -> Result:
    """Settle an event that is wrong for good."""
    reason, preview = form.get("reason", ""), "preview" in form
    check_reason(reason)
    outcome = dismiss_one(stack, form.get("key", ""), reason, dry_run=preview)
    return _told(outcome, DISMISSED, preview=preview)


def redrive(stack: Stack, form: Form) -> Result:
    """Move dead letters of one kind, or all, back to their queues."""
    kind = read_kind(form["kind"]) if form.get("kind") else None
    reason, preview = form.get("reason", ""), "preview" in form
    check_reason(reason)
    done = redriving.run(stack, kind, _RATE, reason, dry_run=preview)
    total, left = done["dead_letters"], done["left"]
    stay = f" {left} stay: no events, or of dismissed ones." if left else ""
    if preview:
        text = f"Nothing was changed. About {total} dead letters would be moved.{stay}"
    else:
        text = f"Moved {done['moved']} of about {total} dead letters.{stay} {done['failure'] or ''}"
    return {"text": text, "key": None, "is_good": not done["failure"]}


def send(stack: Stack, form: Form) -> Result:
    """Post a signed sample to the local stack."""
    if not stack.is_local:
        raise UsageError("Samples are sent to the local stack only.")
    body = samples.fresh(read_kind(form.get("kind", "")), [])
    signing = partial(posting.body_signed, secret=stack.secret)
    [sent] = posting.send(stack.webhook_url, [body], signing, None)
    return {"text": f"{sent.status} {sent.answer}", "key": sent.key, "is_good": sent.status == 200}


def pause(stack: Stack, form: Form) -> Result:
    """Let a destination get nothing until it is resumed."""
    destinations.pause(stack, form.get("name", ""))
    return {"text": "Paused. Its events wait.", "key": None, "is_good": True}


def resume(stack: Stack, form: Form) -> Result:
    """Let a destination get what waited."""
    destinations.resume(stack, form.get("name", ""))
    return {"text": "Resumed. What waited follows.", "key": None, "is_good": True}


ACTIONS: Mapping[str, Callable[[Stack, Form], Result]] = {
    "replay": replay,
    "dismiss": dismiss,
    "deliver": deliver,
    "deliver-since": deliver_since,
    "redrive": redrive,
    "send": send,
    "pause": pause,
    "resume": resume,
}


async def act(request: Request) -> HTMLResponse:
    """Run the action that the path names, and show its result."""
    action = ACTIONS.get(request.path_params["action"])
    if action is None:
        raise HTTPException(404)
    form = dict(parse_qsl((await request.body()).decode(errors="replace")))
    result = await run_in_threadpool(action, request.app.state.stack, form)
    answer = rendering.page(request, "result.html", result=result)
    if "preview" not in form:
        answer.headers["hx-trigger"] = "changed"
    return answer
