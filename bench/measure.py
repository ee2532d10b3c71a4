"""The measurements: cold start, warm CPU, memory and calls, each function in processes of its own."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench import event as events
from bench.certificate import Files

ROOT = Path(__file__).resolve().parent.parent
BARE, USUAL, OURS = "bench.contestants.bare", "bench.contestants.usual", "handler.app"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "x" * 700,  # about as long as a Lambda's
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "API_SECRET": events.SECRET,
    "EVENTS_TABLE": "events",
    "SECRET_ARN": "secret",
    "QUEUE_URL_PREFIX": "https://sqs.us-east-1.amazonaws.com/123456789012/bench-events-",
    "RETENTION_DAYS": "400",
    "MAX_RECEIVES": "5",
    "ACCEPTED_DIALECTS": "body-signed url-signed",
    "WEBHOOK_URLS": "https://bench.example/webhooks/justcall",
    "TIMESTAMP_PAST_MINUTES": "10",
    "TIMESTAMP_FUTURE_MINUTES": "5",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
    "PATH": os.environ["PATH"],
}
_SERVICES = ("DYNAMODB", "SQS", "SECRETS_MANAGER")


@contextmanager
def quiet() -> Iterator[None]:
    """Send what functions in this process log to nowhere."""
    sys.stdout.flush()
    shown, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(shown, 1)
        os.close(shown)
        os.close(nowhere)


class StandIn:
    """AWS in a process of its own; `environment` leads clients there."""

    def __init__(self, process: "subprocess.Popen[str]", files: Files | None) -> None:
        self._process = process
        assert process.stdout
        scheme, port = "https" if files else "http", process.stdout.readline().strip()
        url = f"{scheme}://127.0.0.1:{port}"
        self.environment = {f"AWS_ENDPOINT_URL_{name}": url for name in _SERVICES}
        if files:
            self.environment["AWS_CA_BUNDLE"] = str(files.bundle)

    def calls(self) -> dict[str, int]:
        """Return the calls since the last look, by operation."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        counted: dict[str, int] = json.loads(self._process.stdout.readline())
        return counted


@contextmanager
def stand_in(files: Files | None = None) -> Iterator[StandIn]:
    """Run AWS's stand-in, over TLS if there is a certificate."""
    command = [sys.executable, "-m", "bench.stand_in"]
    command += [str(files.certificate), str(files.key)] if files else []
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        yield StandIn(process, files)
        assert process.stdin
        process.stdin.close()


class Contestant(NamedTuple):
    """A function, whose AWS it asks, and whether its events are forged."""

    module: str
    aws: StandIn
    forged: bool = False


def run(one: Contestant, size: int = 1, rounds: int = 0) -> dict[str, Any]:
    """Run a function in a fresh process: its first event, then rounds of events."""
    secret = "a guess" if one.forged else events.SECRET
    asked = [json.dumps(events.delivery(secret)) for _ in range(1 + size * rounds)]
    environment = ENVIRONMENT | one.aws.environment | {"_HANDLER": f"{one.module}.handler"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.cold", one.module, str(size)],
        input="\n".join(asked), text=True, env=environment, cwd=ROOT, stdout=subprocess.PIPE,
        check=True,
    )  # fmt: skip
    answered: dict[str, Any] = json.loads(done.stdout)
    assert set(answered["statuses"]) == {401 if one.forged else 200}
    return answered


def cold(contestants: Sequence[Contestant], rounds: int) -> list[tuple[float, float]]:
    """Return for each the milliseconds from import to first answer, and the megabytes then."""
    taken: list[list[dict[str, Any]]] = [[] for _ in contestants]
    for number in range(rounds + 1):
        for runs, one in zip(taken, contestants, strict=True):
            answered = run(one)
            if number:  # the first round fills the caches
                runs.append(answered)
    return [
        (
            statistics.median(one["cold"] for one in runs) * 1000,
            statistics.median(one["kilobytes"] for one in runs) / 1024,
        )
        for runs in taken
    ]


def warm(contestants: Sequence[Contestant], rounds: int) -> list[float]:
    """Return each one's CPU milliseconds an event, the median of rounds of 200 in turns."""
    taken: list[list[float]] = [[] for _ in contestants]
    for _ in range(rounds):
        for times, one in zip(taken, contestants, strict=True):
            times.extend(run(one, size=200, rounds=4)["warm"][1:])  # the first round warms up
    return [statistics.median(times) * 1000 for times in taken]


def calls(aws: StandIn) -> dict[str, float]:
    """Return our AWS calls for an accepted and for a forged event, the secret being cached."""
    counted = {}
    for name, forged in (("accepted", False), ("forged", True)):
        totals = []
        for rounds in (0, 1):
            aws.calls()
            run(Contestant(OURS, aws, forged), size=10, rounds=rounds)
            totals.append(sum(aws.calls().values()))
        counted[name] = (totals[1] - totals[0]) / 10
    return counted
