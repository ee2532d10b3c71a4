"""Each case and its neighbours end right in the stack's own table, in this process."""

import json
import time
from collections.abc import Mapping

import pytest

from handler.app import handler
from justcall.timeline import joined
from tests.cases.neighbours import NEIGHBOURS, parameters
from tests.cases.runner import CASES, Answer, Case, Entry, run
from tests.support import url_samples
from tests.support.cloud import Cloud, poll_everything
from tests.support.deliveries import request


def timeline(cloud: Cloud, number: str) -> list[Entry]:
    """Return a number's joined entries, those kept under its calls and messages among them."""
    found, wanted = [], [number]
    for name in wanted:
        entries = cloud.timeline(name)
        found += entries
        wanted += {one for entry in entries for one in entry.get("subjects", [])} - set(wanted)
    return joined(found)


class CloudWorld:
    """The stack in moto."""

    url = url_samples.URL

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.now = time.time()

    def deliver(self, body: bytes, headers: Mapping[str, str], query: str) -> Answer:
        sent = request(body, headers, base64_encoded=True)
        answer = handler(sent | {"rawQueryString": query.lstrip("?")}, None)
        poll_everything(self.cloud)
        return Answer(answer["statusCode"], json.loads(answer["body"])["status"])

    def timeline(self, number: str) -> list[Entry]:
        return timeline(self.cloud, number)

    def consent(self, number: str) -> dict[str, bool]:
        return self.cloud.consent(number)


# One event alone ends alike without tables; tests/cases has all neighbours.
_SEVERAL = [case for case in NEIGHBOURS if len(case["steps"]) > 1]


@pytest.mark.parametrize("case", parameters([*CASES, *_SEVERAL]))
def test_case(case: Case, cloud: Cloud) -> None:
    """Answer, entry, place, time and consent are right."""
    run(case, CloudWorld(cloud))
