"""One function in a fresh process: `python -m bench.cold MODULE SIZE`, events on standard input.

It imports the handler, answers the first event, and then the others in rounds of SIZE. It prints
JSON: the seconds from import to first answer, the memory then, and each round's CPU seconds per
event. Nothing that a handler needs is loaded before the clock starts but what Lambda's own runtime
loads: json, os, time.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    aws_request_id = "0"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 9000


def main(module: str, size: int) -> dict[str, Any]:
    first, *events = [json.loads(line) for line in sys.stdin]
    shown, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # below Python, so that log lines cost all contestants alike
    started = time.perf_counter()
    handler = importlib.import_module(module).handler
    statuses = [handler(first, Context())["statusCode"]]
    cold = time.perf_counter() - started
    kilobytes = _peak_kilobytes()
    warm = []
    for start in range(0, len(events), size):
        batch = events[start : start + size]
        began = time.process_time()
        statuses.extend(handler(event, Context())["statusCode"] for event in batch)
        warm.append((time.process_time() - began) / len(batch))
    sys.stdout.flush()
    os.dup2(shown, 1)
    return {"statuses": statuses, "cold": cold, "warm": warm, "kilobytes": kilobytes}


def _peak_kilobytes() -> int:
    status = Path("/proc/self/status")
    if not status.exists():  # macOS, which counts bytes
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    # Not getrusage: its maximum is inherited from the process that started this one.
    lines = status.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
