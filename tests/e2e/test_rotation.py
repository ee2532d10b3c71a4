"""A rotation under load: JustCall's secret changes while deliveries come, and nothing is lost."""

import os
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from justcall.signature import sign
from local import demo
from local.place import ROOT, SAMPLE_SECRET
from tests.e2e.conftest import Stack
from tests.support import samples
from tests.support.polling import until

OVERLAP_SECONDS = 10
DELIVERIES = 150  # with each secret
AT_ONCE = 4


def hooks(stack: Stack, *arguments: str, stdin: str = "") -> str:
    """Run the program, which must end well, and return what it printed."""
    run = subprocess.run(
        [str(ROOT / "hooks"), *arguments],
        env={**os.environ, "JUSTCALL_HOOKS_LOCAL": str(stack.place.home)},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture
def new_secret(stack: Stack) -> Iterator[str]:
    """Return the next secret; afterwards the stack has again the one that the other tests know."""
    yield f"rotated-{uuid.uuid4().hex}"
    shown = hooks(stack, "secret", "show")
    assert SAMPLE_SECRET not in shown
    hooks(stack, "secret", "rotate", "--stdin", stdin=SAMPLE_SECRET)
    until(lambda: probe(stack, SAMPLE_SECRET) == 200, "the old secret to be back")


def content(name: str) -> bytes:
    return samples.body(samples.changed(samples.CALL_MISSED, call_id=name))


def probe(stack: Stack, secret: str) -> int:
    """Deliver one new event; return the answer."""
    body = content(f"probe_{uuid.uuid4().hex[:12]}")
    return stack.post(body, sign(body, secret)).status


class JustCall:
    """Delivers events, and again whatever is not answered 200, as JustCall does but sooner."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.answers: Counter[int] = Counter()
        self.names: list[str] = []

    def deliver(self, secret: str) -> None:
        name = f"rotation_{uuid.uuid4().hex[:12]}"
        body = content(name)
        signature = sign(body, secret)
        self.names.append(name)
        until(lambda: self._answer(body, signature) == 200, f"{name} to be taken")

    def _answer(self, body: bytes, signature: str) -> int:
        status = self.stack.post(body, signature).status
        self.answers[status] += 1
        return status


def test_a_rotation_under_load_loses_nothing(stack: Stack, new_secret: str) -> None:
    """Hundreds of deliveries before, during and after: each is taken, and none is refused."""
    justcall = JustCall(stack)
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        beginning = pool.submit(hooks, stack, "secret", "rotate", "--begin")
        old = [pool.submit(justcall.deliver, SAMPLE_SECRET) for _ in range(DELIVERIES)]
        beginning.result()
        # Now JustCall makes new credentials; until the command below has ended ours are too old.
        new = [pool.submit(justcall.deliver, new_secret) for _ in range(AT_ONCE)]
        overlap = ("--overlap", f"{OVERLAP_SECONDS}s")
        until(lambda: justcall.answers[503] > 0, "a delivery that fits no secret")
        hooks(stack, "secret", "rotate", "--stdin", *overlap, stdin=new_secret)
        ended = time.monotonic()
        assert probe(stack, SAMPLE_SECRET) == 200, "the previous secret is accepted for a while"
        new += [pool.submit(justcall.deliver, new_secret) for _ in range(DELIVERIES)]
        for one in (*old, *new):
            one.result()
    assert set(justcall.answers) == {200, 503}
    for name in justcall.names:
        assert stack.ledger_item(f"call.missed:{name}"), f"{name} was lost"
    until(lambda: probe(stack, SAMPLE_SECRET) == 401, "the previous secret to be refused")
    assert time.monotonic() - ended > OVERLAP_SECONDS / 2
    assert probe(stack, new_secret) == 200
    assert "no, since" in hooks(stack, "secret", "show")
    lines, _ = demo.show(stack.process, stack.described)
    assert all(line.as_expected for line in lines), "what make up shows, after a rotation"
