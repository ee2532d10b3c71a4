"""Each case ends right on a deployed stack: delivered over HTTP, read as `hooks` reads."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from cli import stack as deployed
from cli.reading import details
from cli.reading.timeline import timeline
from justcall.event import RECEIVED
from local.post import Receiver
from tests.cases.apart import apart
from tests.cases.neighbours import NEIGHBOURS, parameters
from tests.cases.runner import CASES, Answer, Case, Entry, check, deliver
from tests.e2e.conftest import Stack
from tests.support.polling import until

_MAX_ENTRIES = 100
# Each handler is a process of this machine.
_AT_ONCE = 3
# Those of one step end alike without tables; tests/cases has all.
_SEVERAL = [case for case in NEIGHBOURS if len(case["steps"]) > 1]
_ALL = [*CASES, *(apart(case, place) for place, case in enumerate(_SEVERAL))]


class StackWorld:
    """A deployed stack, at the time of one case."""

    def __init__(self, stack: Stack, reader: deployed.Stack) -> None:
        self.url: str = stack.described["registered_url"]
        self.now = time.time()
        self._webhook_url: str = stack.described["webhook_url"]
        self._reader = reader

    def deliver(self, body: bytes, headers: Mapping[str, str], query: str) -> Answer:
        with Receiver(self._webhook_url + query) as receiver:
            answer = receiver.post(body, headers)
        return Answer(answer.status, answer.json()["status"])

    def timeline(self, number: str) -> list[Entry]:
        return timeline(self._reader, number, _MAX_ENTRIES).rows

    def consent(self, number: str) -> dict[str, bool]:
        flags = details.contact(self._reader, number)["consent"]
        return {name: one["value"] for name, one in flags.items() if one["value"] is not None}


type Delivered = Mapping[str, tuple[Answer, StackWorld]]


def name_of(case: Case) -> str:
    return f"{case['id']}: {case['situation']}"


@pytest.fixture(scope="module")
def delivered(stack: Stack) -> Delivered:
    """Deliver all cases, the steps of each in their order, and wait until all are processed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUSTCALL_HOOKS_LOCAL", str(stack.place.home))
        reader = deployed.find(None, None, None)

    def one(case: Case) -> tuple[Answer, StackWorld]:
        world = StackWorld(stack, reader)
        return deliver(case, world), world

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(one, _ALL))
    until(lambda: f"{RECEIVED}#" not in stack.everything(), "all cases to be processed", 420)
    return dict(zip(map(name_of, _ALL), answers, strict=True))


@pytest.mark.parametrize("case", parameters(_ALL))
def test_case(case: Case, delivered: Delivered) -> None:
    """Answer, entry, place, time and consent are right."""
    answer, world = delivered[name_of(case)]
    check(case["right"], answer, world)
