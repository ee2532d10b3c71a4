"""A stack of chaos's own, whose functions speak to AWS through the proxy, and its disasters."""

import json
import os
import random
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from urllib3 import PoolManager
from urllib3.util import parse_url

from chaos.proxy import Proxy
from local import deploy, ministack
from local.place import STACK_NAME, LocalError, Place

type Step = Callable[[str], None]
_ALIAS = "live"
_WORKER = "ministack-lambda-"
_WORD = re.compile("[A-Z][a-z]{3,}")
_GONE_SECONDS = 60.0
# The visibility time-out of the queues in template.yaml, and how often the sweeper runs.
VISIBILITY_SECONDS = 180.0
# Of a kind at once, the fewest that AWS allows; the template has 10, but each is a process here.
_QUEUE_LIMITS = {"ScalingConfig": {"MaximumConcurrency": 2}}
# MiniStack repeats a stream's whole batch for one failed record, where AWS goes on behind those
# that succeeded. With faults in one call of seven, the template's hundred would never succeed.
_STREAM_LIMITS = {"BatchSize": 5}
_PORTS = (21_000, 29_000)
# What MiniStack logs next after it has written the state of every service.
_SAVED = b"SFTP: stopped"
# With the gate shut after a restart, the load goes on for so long before the kill.
_UNDER_LOAD_SECONDS = 2.0
# The sender's clock stops when an outage lasts longer. Starting MiniStack takes a busy machine half
# a minute, after which a sender with short minutes would have given up everything.
_MAX_OUTAGE_SECONDS = 5.0


@contextmanager
def own_place() -> Iterator[Place]:
    """Make a folder for one run; in memory, where there is such a place.

    Each process of a function leaves its zip there until MiniStack stops.
    """
    memory = Path("/dev/shm")  # noqa: S108  (the folder in it is ours)
    where = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="justcall-hooks-chaos-", dir=where) as folder:
        place = Place(Path(folder))
        # Far from the ports of other stacks: one that starts while ours restarts must not take it.
        port = random.SystemRandom().randrange(*_PORTS)
        place.process.write_text(json.dumps({"pid": 0, "port": port}))
        yield place


class Worker(NamedTuple):
    """A process in which MiniStack runs a function: which, and for how many seconds it has."""

    pid: int
    age: float
    function: str

    @property
    def killed(self) -> str:
        """How the report names its end."""
        return f"{self.function} killed"


class Deployment:
    """The running stack; `process` changes with every restart."""

    def __init__(self, place: Place, seed: int) -> None:
        self.place = place
        self.process = ministack.start(place)
        self.proxy = Proxy(lambda: self.process.port, seed)
        self.described: Mapping[str, Any] = {}
        self.done: Counter[str] = Counter()
        self._starts = 0
        self._down_since: float | None = None
        self._stopped_seconds = 0.0

    def deploy(self, step: Step, scale: float) -> None:
        """Deploy the template, point its functions to the proxy, and shorten its times."""
        self.described = deploy.deploy(self.place, self.process, step)
        self.proxy.start()
        step("pointing the functions to the proxy")
        self._redirect()
        visibility = {"VisibilityTimeout": str(max(1, round(VISIBILITY_SECONDS / scale)))}
        for url in (*self.described["queues"].values(), self.described["deliveries_queue"]):
            self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=visibility)
        client = self.client("lambda")
        for source in client.list_event_source_mappings()["EventSourceMappings"]:
            of_queue = ":sqs:" in source["EventSourceArn"]
            client.update_event_source_mapping(
                UUID=source["UUID"], **(_QUEUE_LIMITS if of_queue else _STREAM_LIMITS)
            )

    def end(self) -> None:
        """Stop everything."""
        workers = _workers(self.process.pid)
        try:
            ministack.stop(self.place)
        finally:
            _clear(workers)
            if self.proxy.port:
                self.proxy.stop()

    def client(self, service: str) -> Any:
        """Return a client that speaks to MiniStack itself."""
        return deploy.client(self.process, service)

    def webhook_url(self) -> str:
        """Return where to post, at the present port."""
        return str(self.described["webhook_url"]).replace(
            str(self.described["endpoint_url"]).rpartition(":")[2], str(self.process.port)
        )

    def clock(self) -> float:
        """Return seconds; they stop in an outage that is longer than MiniStack's should be."""
        return time.monotonic() - self._stopped_seconds - self._too_long()

    def _too_long(self) -> float:
        if self._down_since is None:
            return 0.0
        return max(0.0, time.monotonic() - self._down_since - _MAX_OUTAGE_SECONDS)

    def warm(self, requests: int) -> None:
        """Let so many handlers start at once, so that the load does not begin with a queue."""
        with PoolManager(maxsize=requests) as pool, ThreadPoolExecutor(requests) as threads:
            where = parse_url(self.webhook_url())
            headers, url = {"host": where.netloc or ""}, where._replace(host="127.0.0.1").url
            for answer in [
                threads.submit(pool.request, "GET", url, headers=headers, timeout=60.0)
                for _ in range(requests)
            ]:
                answer.result()

    # ------------------------------------------------------------ disasters

    def kill_worker(self, rng: random.Random, oldest: float) -> None:
        """Kill one process in which a function runs, in the middle of whatever it does.

        Handlers, processors, publishers and senders about equally often. Not one that may still be
        starting: if one of those dies, MiniStack ends all of the function's, those that start among
        them, and so on for as long as there is a load.
        """
        workers = [worker for worker in _workers(self.process.pid) if worker.age >= oldest]
        if workers:
            rarest = min(self.done[worker.killed] for worker in workers)
            worker = rng.choice([one for one in workers if self.done[one.killed] == rarest])
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)
            self.done[worker.killed] += 1

    def freeze(self, seconds: float) -> None:
        """Let AWS hang: nothing is refused, and nothing is answered; then it all goes on."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(self.process.pid, signal.SIGCONT)
        self.done["MiniStack frozen"] += 1

    def restart(self) -> None:
        """Stop MiniStack under load, and start it from the state it saved.

        The gate is shut first: what takes effect after a service's state was written would be
        gone, and its acknowledgement would be MiniStack's lie, not ours.
        """
        with self._outage():
            self._stop_and_start()
        self.done["MiniStack restarted"] += 1

    def kill(self) -> None:
        """Save by a restart, then kill MiniStack under load, while its functions are cut off."""
        with self._outage():
            self._stop_and_start()
            time.sleep(_UNDER_LOAD_SECONDS)
            workers = _workers(self.process.pid)
            os.kill(self.process.pid, signal.SIGKILL)
            self._start_again(workers)
        self.done["MiniStack killed"] += 1

    @contextmanager
    def _outage(self) -> Iterator[None]:
        self.proxy.shut()
        self._down_since = time.monotonic()
        try:
            yield
        finally:
            self._stopped_seconds, self._down_since = (
                self._stopped_seconds + self._too_long(),
                None,
            )
            self.proxy.reopen()

    def _stop_and_start(self) -> None:
        """Stop MiniStack, and do not wait for its functions once its state is saved.

        It takes batches from the queues for as long as it waits for those it took before; and
        they are cut off by now, and try for long.
        """
        said = len(self.place.log.read_bytes())
        workers = _workers(self.process.pid)
        os.kill(self.process.pid, signal.SIGTERM)
        _wait_until(lambda: _SAVED in self.place.log.read_bytes()[said:])
        workers += _workers(self.process.pid)
        os.kill(self.process.pid, signal.SIGKILL)
        self._start_again(workers)

    def _start_again(self, workers: list[Worker]) -> None:
        _wait_until(lambda: ministack.find(self.place) is None)
        _clear(workers)
        # Thousands of files; removing them is no part of an outage.
        self._starts += 1
        self.place.temporary.rename(self.place.home / f"tmp-{self._starts}")
        self.process = ministack.start(self.place)

    # ------------------------------------------------------------ deploying

    def _redirect(self) -> None:
        client = self.client("lambda")
        pages = client.get_paginator("list_functions").paginate()
        for function in (function for page in pages for function in page["Functions"]):
            name = function["FunctionName"]
            if not name.startswith(STACK_NAME):
                continue
            # Where AWS is, in the one variable that MiniStack sets itself unless it is set.
            variables = function["Environment"]["Variables"] | {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.proxy.port}"
            }
            client.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
            version = client.publish_version(FunctionName=name)["Version"]
            try:
                client.update_alias(FunctionName=name, Name=_ALIAS, FunctionVersion=version)
            except ClientError as error:  # the scheduler and the deploy call theirs without
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise


def _workers(ministack_pid: int) -> list[Worker]:
    """Return the functions' processes among the children of this MiniStack, and of no other."""
    return [worker for worker, parent in _processes() if parent == ministack_pid]


def _processes() -> Iterator[tuple[Worker, int]]:
    shown = subprocess.run(
        ["ps", "-axww", "-o", "pid=,ppid=,etime=,command="],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in shown.stdout.splitlines():
        pid, parent, age, command = line.split(None, 3)
        file = command.split()[-1]
        if _WORKER in file:
            yield Worker(int(pid), _seconds(age), _function(Path(file).parent.name)), int(parent)


def _function(folder: str) -> str:
    """Return what a function does: the last word of its name, unless that is `Function`."""
    words = _WORD.findall(folder.rpartition("-")[0])
    return next((word.lower() for word in reversed(words) if not word.startswith("Func")), "other")


def _seconds(elapsed: str) -> float:
    """Return the seconds of ps's `[[days-]hours:]minutes:seconds`."""
    days, _, clock = elapsed.rpartition("-")
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return float(total + int(days or 0) * 86_400)


def _clear(workers: list[Worker]) -> None:
    """End what a MiniStack left behind that could not clean up."""
    alive = {worker.pid for worker, _ in _processes()}
    for worker in workers:
        if worker.pid in alive:
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)


def _wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _GONE_SECONDS
    while not done():
        if time.monotonic() > end:
            raise LocalError(f"MiniStack did not end within {_GONE_SECONDS:.0f} s")
        time.sleep(0.05)
