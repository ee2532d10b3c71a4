"""`python -m bench.recordings [MEGABYTES…]`: the archiver's memory and time for files of some sizes.

Each file has a process of its own, which downloads it from a server and uploads it to a stand-in for
S3, both in other processes, over loopback sockets. By default of 1, 20 and 200 MB.
"""

import os
import resource
import sys
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

from bench.served import SPAWN, Quiet, served

SIZES = (1, 20, 200)
_PIECE = bytes(2**16)
MB = 1_000_000


class Files(Quiet, BaseHTTPRequestHandler):
    """Has a file of any number of bytes: its path says how many."""

    def do_GET(self) -> None:
        size = int(self.path.strip("/"))
        self.send_response(200)
        self.send_header("content-length", str(size))
        self.end_headers()
        while size:
            size -= self.wfile.write(_PIECE[:size])


class S3(Quiet, BaseHTTPRequestHandler):
    """Takes what S3 takes, and keeps nothing of it."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        made = b"Initiate" if "uploads" in self.path else b"Complete"
        self._answer(
            b"<%sMultipartUploadResult><UploadId>1</UploadId></%sMultipartUploadResult>"
            % (made, made)
        )

    def _answer(self, body: bytes) -> None:
        size = int(self.headers.get("content-length", 0))
        while size:
            size -= len(self.rfile.read(min(size, 2**16)))
        self.send_response(200)
        self.send_header("etag", '"1"')
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _archive(files: str, s3: str, size: int, figures: Any) -> None:
    os.environ |= {
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    import archiver.app  # noqa: F401  # its imports are a part of the memory
    from aws import clients
    from outbound.requests import Room
    from recordings.bucket import Bucket
    from recordings.download import MAX_BYTES, Hosts, download

    clients.s3()
    before = _peak()
    room = Room(seconds=480.0, max_answer_bytes=MAX_BYTES, http_to_loopback=True)
    started, cpu = time.monotonic(), time.process_time()
    with download(f"{files}{size}", Hosts.of("127.0.0.1"), room) as pieces:
        file = Bucket(clients.s3, "bucket").upload("a", pieces)
    assert file.size == size
    figures.put((before, _peak(), time.monotonic() - started, time.process_time() - cpu))


def _peak() -> float:
    """Return the largest memory of this process until now, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB


def main() -> None:
    """Measure and print."""
    print("| file | memory before | peak | time | CPU |\n|---:|---:|---:|---:|---:|")
    with served(Files) as files, served(S3) as s3:
        for size in [int(one) for one in sys.argv[1:]] or SIZES:
            figures = SPAWN.Queue()
            process = SPAWN.Process(target=_archive, args=(files, s3, size * MB, figures))
            process.start()
            before, peak, seconds, cpu = figures.get(timeout=600)
            process.join()
            print(
                f"| {size} MB | {before:.0f} MB | {peak:.0f} MB | {seconds:.1f} s | {cpu:.1f} s |"
            )


if __name__ == "__main__":
    main()
