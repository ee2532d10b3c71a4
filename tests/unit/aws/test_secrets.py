"""The secrets' cache: a rotation loses nothing, and a forger drives no calls."""

from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError

from aws.clients import CALL_SECONDS
from aws.deadline import ANSWER_SECONDS, Deadline
from aws.secrets import FRESH_SECONDS, RETRY_SECONDS, USABLE_SECONDS, Secrets, until
from errors import OutOfTime, SecretUnavailable
from tests.support.fakes import StubClient, aws_error

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s"
NOT_FOUND = aws_error("ResourceNotFoundException")
THROTTLED = aws_error("ThrottlingException")


class Store:
    """Secrets Manager with two stages, seen at a time that tests set."""

    def __init__(self, current: Any = "current", previous: Any = NOT_FOUND) -> None:
        self.stages = {"AWSCURRENT": current, "AWSPREVIOUS": previous}
        self.labels: list[str] = []  # beside AWSCURRENT
        self.time = 1000.0
        self.wall = 1_700_000_000.0
        self.seconds_for_a_call = 0.0
        self.client = StubClient(get_secret_value=self._get)
        self.secrets = Secrets(lambda: self.client, ARN, lambda: self.wall)  # type: ignore[arg-type,return-value]

    def _get(self, SecretId: str, VersionStage: str) -> dict[str, Any]:  # noqa: N803  # AWS's names
        assert SecretId == ARN
        self.time += self.seconds_for_a_call
        value = self.stages[VersionStage]
        if isinstance(value, Exception):
            raise value
        labels = [VersionStage, *(self.labels if VersionStage == "AWSCURRENT" else [])]
        name = "SecretString" if isinstance(value, str) else "SecretBinary"
        return {name: value, "VersionStages": labels}

    def label(self, prefix: str, after: float) -> None:
        """Put a label beside AWSCURRENT whose time is so many seconds from now."""
        self.labels = [f"{prefix}{self.wall + after:.0f}"]

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.wall += seconds

    def usable(self) -> tuple[str, ...]:
        return self.secrets.usable(self._request())

    def refreshed(self) -> tuple[str, ...]:
        return self.secrets.refreshed(self._request())

    def _request(self) -> Deadline:
        return Deadline(lambda: self.time)

    @property
    def calls(self) -> int:
        return len(self.client.calls)


@pytest.mark.parametrize(
    ("previous", "found"), [(NOT_FOUND, ("current",)), ("previous", ("current", "previous"))]
)
def test_current_and_previous(previous: Any, found: tuple[str, ...]) -> None:
    """Both stages are fetched, once, for all requests of the next quarter of an hour."""
    store = Store(previous=previous)
    assert store.usable() == found
    store.time += USABLE_SECONDS - 1
    assert store.usable() == found
    assert store.calls == 2


def test_old_secrets_are_fetched_again() -> None:
    """After a quarter of an hour a rotation is noticed without a mismatch."""
    store = Store()
    store.usable()
    store.time += USABLE_SECONDS
    store.stages = {"AWSCURRENT": "newer", "AWSPREVIOUS": "current"}
    assert store.usable() == ("newer", "current")


def test_old_secrets_serve_while_there_are_no_newer() -> None:
    """Secrets Manager may be down for as long as it likes, once we know the secrets."""
    store = Store(previous="previous")
    known = store.usable()
    store.stages["AWSCURRENT"] = THROTTLED
    store.time += 10 * USABLE_SECONDS
    assert store.usable() == known
    assert store.usable() == known
    assert store.calls == 3, "asked at most every few seconds"
    store.time += FRESH_SECONDS
    assert store.usable() == known
    assert store.calls == 4


FAILURES = [
    aws_error("ResourceNotFoundException"),
    aws_error("AccessDeniedException"),
    THROTTLED,
    NoCredentialsError(),
    ConnectTimeoutError(endpoint_url="https://secretsmanager"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_no_secret_to_be_had(failure: Exception) -> None:
    """Whatever keeps us from the secret, there is none, and a second later it is asked for again."""
    store = Store(current=failure)
    for _ in range(2):
        with pytest.raises(SecretUnavailable):
            store.usable()
    store.stages["AWSCURRENT"] = "current"
    store.time += RETRY_SECONDS
    assert store.usable() == ("current",)


@pytest.mark.parametrize("current", [THROTTLED, ""], ids=["refused", "empty"])
def test_a_forger_drives_no_calls_while_there_is_no_secret(current: Any) -> None:
    """Fifty requests in a second cause one call, and have the same reason."""
    store = Store(current=current)
    reasons = set()
    for _ in range(50):
        with pytest.raises(SecretUnavailable) as unavailable:
            store.usable()
        reasons.add(unavailable.value.reason)
        store.time += RETRY_SECONDS / 60
    assert store.calls == 1
    assert len(reasons) == 1


@pytest.mark.parametrize("value", ["", b"binary"])
def test_empty_secret_is_none(value: object) -> None:
    """A secret without a text verifies nothing, so it is as good as none."""
    store = Store(current=value)
    with pytest.raises(SecretUnavailable) as unavailable:
        store.usable()
    assert unavailable.value.reason == "secret-empty"


def test_mismatches_cause_one_call_a_minute() -> None:
    """However many forged requests come, they ask Secrets Manager once a minute."""
    store = Store()
    store.usable()
    calls = store.calls
    for _ in range(100):
        assert store.refreshed() == ()
    assert store.calls == calls
    store.time += FRESH_SECONDS
    for _ in range(100):
        store.refreshed()
    assert store.calls == calls + 2


def test_mismatch_after_a_minute_finds_the_new_secret() -> None:
    """The first event after a rotation is accepted."""
    store = Store()
    store.usable()
    store.stages = {"AWSCURRENT": "newer", "AWSPREVIOUS": "current"}
    store.time += FRESH_SECONDS
    assert store.refreshed() == ("newer", "current")
    assert store.usable() == ("newer", "current")


@pytest.mark.parametrize("failure", [THROTTLED, ConnectTimeoutError(endpoint_url="https://x")])
def test_mismatch_while_the_previous_is_unknown_is_no_refusal(failure: Exception) -> None:
    """The previous secret might fit: until it is known, the sender is asked to come back."""
    store = Store(previous=failure)
    assert store.usable() == ("current",)
    for after in (0, 1, FRESH_SECONDS):
        store.time += after
        with pytest.raises(SecretUnavailable) as unavailable:
            store.refreshed()
        assert unavailable.value.reason == "previous-secret-unavailable"
    store.stages["AWSPREVIOUS"] = "previous"
    store.time += FRESH_SECONDS
    assert store.refreshed() == ("current", "previous")


def test_mismatch_while_newer_secrets_cannot_be_asked_for_is_no_refusal() -> None:
    """A newer secret might fit: while Secrets Manager is down, nobody is told 401 for ever."""
    store = Store()
    store.usable()
    store.stages["AWSCURRENT"] = THROTTLED
    store.time += FRESH_SECONDS
    with pytest.raises(SecretUnavailable):
        store.refreshed()


def test_hanging_store_is_not_asked_twice_in_one_answer() -> None:
    """The previous secret is left for later when asking could make the answer late."""
    store = Store(previous="previous")
    store.seconds_for_a_call = ANSWER_SECONDS - CALL_SECONDS + 0.1
    assert store.usable() == ("current",)
    assert store.calls == 1


def test_no_time_to_ask_at_all() -> None:
    """A request that is late already does not ask."""
    store = Store()
    late = Deadline(lambda: store.time)
    store.time += ANSWER_SECONDS
    with pytest.raises(OutOfTime):
        store.secrets.usable(late)
    assert store.calls == 0


def test_a_previous_secret_without_a_text_is_none() -> None:
    """Nothing can be signed with it, so a signature that does not fit is a refusal."""
    store = Store(previous=b"by hand")
    assert store.usable() == ("current",)
    store.time += FRESH_SECONDS
    assert store.refreshed() == ("current",)


def test_a_late_request_that_could_not_look_counts_as_no_look() -> None:
    """Whoever comes right after it is not refused on the strength of a look that was never made."""
    store = Store()
    store.usable()
    store.stages = {"AWSCURRENT": "newer", "AWSPREVIOUS": "current"}
    late = Deadline(lambda: store.time)
    store.wait(ANSWER_SECONDS)
    with pytest.raises(OutOfTime):
        store.secrets.refreshed(late)
    assert store.refreshed() == ("newer", "current")


# ------------------------------------------------------------------ the end of an overlap


def test_previous_is_accepted_until_the_overlap_ends() -> None:
    """The label beside the current secret says when the previous is over, without another call."""
    store = Store(previous="previous")
    store.label("previous-until-", after=100)
    assert store.usable() == ("current", "previous")
    store.wait(99)
    assert store.usable() == ("current", "previous")
    store.wait(1)
    assert store.usable() == ("current",)
    assert store.calls == 2


def test_previous_whose_time_is_over_is_not_asked_for() -> None:
    """After the overlap nothing depends on the previous secret: not its call, not its failure."""
    store = Store(previous=THROTTLED)
    store.label("previous-until-", after=0)
    assert store.usable() == ("current",)
    assert store.refreshed() == ()
    assert store.calls == 1


def test_a_previous_that_must_be_there_and_is_not_found_is_no_refusal() -> None:
    """While AWSPREVIOUS moves from version to version nobody who signs with it is told 401."""
    store = Store(previous=NOT_FOUND)
    store.label("previous-until-", after=100)
    assert store.usable() == ("current",)
    with pytest.raises(SecretUnavailable):
        store.refreshed()
    store.stages["AWSPREVIOUS"] = "previous"
    store.wait(FRESH_SECONDS)
    assert store.refreshed() == ("current", "previous")


def test_a_second_look_gives_no_previous_that_is_over() -> None:
    """A mismatch never brings an expired secret back."""
    store = Store(previous="previous")
    store.label("previous-until-", after=3)
    store.usable()
    store.wait(FRESH_SECONDS)
    assert store.refreshed() == ("current",)


def test_a_rotation_without_the_label_overlaps_for_ever() -> None:
    """Who rotates by other means than ours has no label, and the end of an older one is forgotten."""
    store = Store(current="newer", previous="current")
    store.label("previous-until-", after=100)
    store.usable()
    store.labels = []
    store.stages = {"AWSCURRENT": "newest", "AWSPREVIOUS": "newer"}
    store.wait(USABLE_SECONDS)
    assert store.usable() == ("newest", "newer")
    store.wait(10 * USABLE_SECONDS)
    assert store.usable() == ("newest", "newer")


def test_the_wall_clock_set_back_ends_no_cache() -> None:
    """How old the secrets are is told by the steady clock; only labels are read by the other."""
    store = Store(previous="previous")
    store.usable()
    store.wall -= 1_000_000
    assert store.usable() == ("current", "previous")
    assert store.calls == 2


@pytest.mark.parametrize(
    ("labels", "time"),
    [
        ([], None),
        (["AWSCURRENT", "other-5"], None),
        (["previous-until-"], None),
        (["previous-until-soon"], None),
        (["previous-until--5"], None),
        (["previous-until-\N{SUPERSCRIPT TWO}"], None),
        (["previous-until-nan"], None),
        (["AWSCURRENT", "previous-until-1700000000"], 1_700_000_000.0),
        (["previous-until-5", "previous-until-17", "previous-until-x"], 17.0),
    ],
)
def test_labels_that_hold_no_time_are_none(labels: list[str], time: float | None) -> None:
    """Whatever somebody wrote on a version, reading it never fails."""
    assert until(labels, "previous-until-") == time


# ------------------------------------------------------------------ a rotation under way


def under_way(store: Store) -> None:
    with pytest.raises(SecretUnavailable) as unavailable:
        store.refreshed()
    assert unavailable.value.reason == "rotation-under-way"


def test_mismatch_during_a_rotation_is_no_refusal() -> None:
    """JustCall may sign with a secret that is not here yet: it is asked to come back."""
    store = Store(previous="previous")
    store.label("rotation-until-", after=1000)
    assert store.usable() == ("current", "previous")
    under_way(store)
    store.wait(FRESH_SECONDS)
    under_way(store)


def test_a_forger_drives_no_more_calls_during_a_rotation() -> None:
    """That a rotation is under way is seen without a call of its own."""
    store = Store(previous="previous")
    store.label("rotation-until-", after=1000)
    store.usable()
    for _ in range(100):
        under_way(store)
    assert store.calls == 2
    store.wait(FRESH_SECONDS)
    for _ in range(100):
        under_way(store)
    assert store.calls == 4


def test_a_rotation_that_begins_is_seen_within_seconds() -> None:
    """However long the secrets are cached, a mismatch is no refusal once the cache may look again."""
    store = Store()
    store.usable()
    store.label("rotation-until-", after=1000)
    store.wait(FRESH_SECONDS)
    under_way(store)


def test_no_order_of_looks_refuses_the_new_secret_after_a_begun_rotation() -> None:
    """Whenever the look before the end of the rotation was, the new secret gets 503 or fits."""
    for tenths in range(60):
        store = Store()
        store.label("rotation-until-", after=1000)
        store.usable()
        store.wait(tenths / 10)
        store.labels = []
        store.stages = {"AWSCURRENT": "newer", "AWSPREVIOUS": "current"}
        for _ in range(60):
            if "newer" in store.usable():
                break
            try:
                assert "newer" in store.refreshed(), "refused for ever"
            except SecretUnavailable:
                store.wait(0.1)
        assert "newer" in store.usable()


def test_a_forgotten_rotation_ends_by_itself() -> None:
    """Forged requests are refused again once the time of the label is over."""
    store = Store()
    store.label("rotation-until-", after=3)
    store.usable()
    under_way(store)
    store.wait(3)
    assert store.refreshed() == ()
    assert store.calls == 2
