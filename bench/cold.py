"""One cold start in a fresh process: prints the seconds from import to first answer."""

import importlib
import io
import sys
import time
from contextlib import redirect_stdout

from bench import event as events


class Context:
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    aws_request_id = "0"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 9000


def main(module: str, secret: str) -> None:
    """Import a handler and call it once."""
    event = events.delivery(secret)
    started = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        from bench import answers  # the patch's own import of botocore is part of every start

        answers.install()
        answer = importlib.import_module(module).handler(event, Context())
    elapsed = time.perf_counter() - started
    print(elapsed, answer["statusCode"])


if __name__ == "__main__":
    main(*sys.argv[1:])
