"""AWS on this machine: a process that answers DynamoDB, SQS and Secrets Manager over real sockets.

`python -m bench.stand_in [CERTIFICATE KEY]` prints its port, and then, for each line that it reads,
how many calls of each operation came since the line before. With a certificate it speaks TLS.
"""

import json
import socket
import ssl
import sys
import threading
from collections import Counter
from contextlib import suppress
from typing import Any

SECRET = "justcall-hooks-sample-secret"
calls: Counter[str] = Counter()


def _answer(operation: str, body: bytes) -> tuple[str, dict[str, Any]]:
    if operation == "GetSecretValue":
        # As after a deployment: there is no previous secret until the first rotation.
        if b"AWSPREVIOUS" in body:
            return "400 Bad Request", {"__type": "ResourceNotFoundException"}
        return "200 OK", {"SecretString": SECRET, "VersionStages": ["AWSCURRENT"]}
    if operation == "SendMessage":
        return "200 OK", {"MessageId": "0", "MD5OfMessageBody": "0"}
    return "200 OK", {}


def _serve(connection: socket.socket) -> None:
    with suppress(OSError), connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                if not (piece := connection.recv(65_536)):
                    return
                waiting += piece
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
            headers = {name.lower(): value.strip() for name, _, value in lines}
            length = int(headers[b"content-length"])
            while len(waiting) < length:
                waiting += connection.recv(65_536)
            body, waiting = waiting[:length], waiting[length:]
            operation = headers[b"x-amz-target"].decode().rpartition(".")[2]
            calls[operation] += 1
            status, document = _answer(operation, body)
            content = json.dumps(document).encode()
            connection.sendall(
                b"HTTP/1.1 %s\r\nServer: Server\r\nDate: Thu, 12 Mar 2026 14:40:01 GMT\r\n"
                b"Content-Type: application/x-amz-json-1.0\r\nConnection: keep-alive\r\n"
                b"x-amzn-RequestId: QK5T3N0V5B7T8C9D0E1F2G3H4I5J6K7L8M9NV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (status.encode(), len(content), content)
            )


def _accept(server: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        connection, _ = server.accept()
        threading.Thread(target=_greet, args=(connection, context), daemon=True).start()


def _greet(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        _serve(context.wrap_socket(connection, server_side=True) if context else connection)


def main(*certificate: str) -> None:
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    server = socket.create_server(("127.0.0.1", 0), backlog=100)
    threading.Thread(target=_accept, args=(server, context), daemon=True).start()
    print(server.getsockname()[1], flush=True)
    for _ in sys.stdin:
        print(json.dumps(calls), flush=True)
        calls.clear()


if __name__ == "__main__":
    main(*sys.argv[1:])
