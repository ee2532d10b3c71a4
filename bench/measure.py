"""The measurements: warm CPU, cold start, calls, write units."""

import importlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import answers
from bench import event as events
from bench.cold import Context

ROOT = Path(__file__).resolve().parent.parent
BARE, USUAL, OURS = "bench.contestants.bare", "bench.contestants.usual", "handler.app"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "API_SECRET": events.SECRET,
    "EVENTS_TABLE": "events",
    "SECRET_ARN": "secret",
    "QUEUE_URL_PREFIX": "https://sqs.us-east-1.amazonaws.com/123456789012/bench-events-",
    "RETENTION_DAYS": "90",
    "ACCEPTED_DIALECTS": "body-signed url-signed",
    "WEBHOOK_URLS": "https://bench.example/webhooks/justcall",
    "TIMESTAMP_PAST_MINUTES": "10",
    "TIMESTAMP_FUTURE_MINUTES": "5",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


@contextmanager
def quiet() -> Iterator[None]:
    """Send what the contestants log to nowhere: below Python, so that it costs all of them alike."""
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


def warm(rounds: int, size: int) -> dict[str, float]:
    """Return each contestant's CPU milliseconds an event, the median of interleaved rounds."""
    handlers = {name: importlib.import_module(name).handler for name in (BARE, OURS, USUAL)}
    taken: dict[str, list[float]] = {name: [] for name in handlers}
    for number in range(rounds + 1):
        for name, handler in handlers.items():
            batch = [events.delivery() for _ in range(size)]
            started = time.process_time()
            for one in batch:
                assert handler(one, Context())["statusCode"] == 200
            elapsed = time.process_time() - started
            if number:  # the first round warms up
                taken[name].append(elapsed / size * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def cold(rounds: int) -> dict[str, float]:
    """Return each contestant's milliseconds from import to first answer, in fresh processes."""
    contestants = {name: (name, events.SECRET) for name in (BARE, OURS, USUAL)}
    contestants["forged"] = (OURS, "a guess")
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "PATH": os.environ["PATH"]}
    for number in range(rounds + 1):
        for name, (module, secret) in contestants.items():
            command = [sys.executable, "-m", "bench.cold", module, secret]
            run = subprocess.run(
                command, env=ENVIRONMENT | path, cwd=ROOT, capture_output=True, check=True
            )
            seconds, status = run.stdout.split()
            assert status == (b"401" if name == "forged" else b"200")
            if number:  # the first round fills the caches
                taken[name].append(float(seconds) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def calls() -> dict[str, int]:
    """Return our AWS calls for an accepted and for a forged event, the secret being cached."""
    handler = importlib.import_module(OURS).handler
    counted = {}
    for name, secret in (("accepted", events.SECRET), ("forged", "a guess")):
        handler(events.delivery(), Context())
        answers.calls.clear()
        handler(events.delivery(secret), Context())
        counted[name] = answers.calls.total()
    return counted
