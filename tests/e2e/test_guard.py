"""Web pages cannot use the embedded AWS: played over sockets, and by a real Chromium."""

import hashlib
import io
import json
import os
import socket
import stat
import subprocess
import threading
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from justcall.signature import sign
from local import deploy, guard, ministack
from local.place import REGION, Place
from tests.e2e.conftest import Stack
from tests.e2e.test_path import fresh
from tests.support.chromium import find_chromium
from tests.support.samples import SECRET

ROLE, FUNCTION, QUEUE = "planted-role", "planted-function", "canary"
FORM, TEXT = "application/x-www-form-urlencoded", "text/plain"
EVIL = "evil.test"
BROWSER = {"Origin": f"http://{EVIL}", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
FLAGS = (
    "--headless",
    "--no-sandbox",  # CI runs as root, for which Chromium has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
    "--virtual-time-budget=20000",
    "--dump-dom",
)


class Simple(NamedTuple):
    """A request that a browser sends for any page without asking the server first."""

    path: str
    body: str
    kind: str
    service: str = ""


class _QueryAuth(SigV4QueryAuth):
    """Signs in the query, and also a body that stays a body."""

    def __init__(self, body: str, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._content_hash = hashlib.sha256(body.encode()).hexdigest()

    def payload(self, request: AWSRequest) -> str:
        return self._content_hash


def _presigned(port: int, service: str, path: str, body: str, kind: str) -> Simple:
    """Sign a request as MiniStack's root in its query: a page may not set the Authorization header."""
    url, headers = f"http://127.0.0.1:{port}{path}", {"Host": f"127.0.0.1:{port}"}
    request = AWSRequest("POST", url, headers=headers)
    _QueryAuth(body, Credentials("test", "test"), service, REGION).add_auth(request)
    return Simple(str(request.url).split(str(port), 1)[1], body, kind, service)


def signed(key: str, service: str) -> dict[str, str]:
    """Return a header with a signature that is wrong, which MiniStack does not check for its root."""
    place = f"{key}/20260312/{REGION}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256 Credential={place}, SignedHeaders=host;x-amz-date, Signature={0:064}"
    return {"Authorization": text, "X-Amz-Date": "20260312T000000Z"}


def simple_requests(port: int) -> dict[str, Simple]:
    """Return the three requests that took the stack over before there was a guard."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
    role = {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": ROLE}
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as packed:
        packed.writestr("app.py", "def handler(event, context): return 'ran'")
    function = {
        "FunctionName": FUNCTION,
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Role": f"arn:aws:iam::000000000000:role/{ROLE}",
        "Code": {"ZipFile": b64encode(code.getvalue()).decode()},
    }
    form = urlencode(role | {"AssumeRolePolicyDocument": json.dumps(document)})
    functions = "/2015-03-31/functions"
    return {
        "role": _presigned(port, "iam", "/", form, FORM),
        "function": _presigned(port, "lambda", functions, json.dumps(function), TEXT),
        "reset": Simple("/_ministack/reset", "", TEXT),
    }


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, ministack.Process]]:
    """Start a MiniStack without a deployment; the attacks may wipe it."""
    place = Place(tmp_path_factory.mktemp("bare"))
    try:
        yield place, ministack.start(place)
    finally:
        ministack.stop(place)


@pytest.fixture
def target(bare: tuple[Place, ministack.Process]) -> ministack.Process:
    """Return a MiniStack that holds one queue, and nothing that an attack would have made."""
    place, process = bare
    reset = ask(process.port, "POST", "/_ministack/reset", ministack.admin_headers(place))
    assert reset[0] == 200
    deploy.client(process, "sqs").create_queue(QueueName=QUEUE)
    return process


def ask(
    port: int, method: str, path: str, headers: dict[str, str], body: str = ""
) -> tuple[int, str, dict[str, str]]:
    """Send one request over a socket; return its status, text and headers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body.encode(), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def changes(process: ministack.Process) -> set[str]:
    """Return which of the three attacks had an effect."""
    roles = deploy.client(process, "iam").list_roles()["Roles"]
    functions = deploy.client(process, "lambda").list_functions()["Functions"]
    queues = deploy.client(process, "sqs").list_queues().get("QueueUrls", [])
    return {
        *("role" for one in roles if one["RoleName"] == ROLE),
        *("function" for one in functions if one["FunctionName"] == FUNCTION),
        *(() if any(url.endswith(QUEUE) for url in queues) else ("reset",)),
    }


@pytest.mark.parametrize("name", ["role", "function", "reset"])
def test_simple_requests_of_a_page_are_refused(target: ministack.Process, name: str) -> None:
    request = simple_requests(target.port)[name]
    headers = {"Content-Type": request.kind, **BROWSER}
    status, text, answer = ask(target.port, "POST", request.path, headers, request.body)
    assert (status, text.strip()) == (403, guard.BAD_ORIGIN)
    assert not [header for header in answer if header.startswith("access-control-")]
    assert changes(target) == set()


@pytest.mark.parametrize("name", ["role", "function"])
def test_the_same_requests_signed_with_the_root_key_take_effect(
    target: ministack.Process, name: str
) -> None:
    """Only browser and key make the difference: the attacks are real requests."""
    requests = simple_requests(target.port)
    for each in ("role", name):  # a function needs its role
        one = requests[each]
        headers = {"Content-Type": one.kind, **signed(target.root_key, one.service)}
        ask(target.port, "POST", one.path.partition("?")[0], headers, one.body)
    assert changes(target) == {"role", name}


@pytest.mark.parametrize("key", ["test", "000000000000", "111111111111", "", "in the query", None])
@pytest.mark.parametrize("name", ["role", "function"])
def test_without_the_root_key_nobody_is_root(
    target: ministack.Process, name: str, key: str | None
) -> None:
    """These are MiniStack's root keys; another user of this machine may connect, and knows them."""
    one = simple_requests(target.port)[name]
    by_header = {} if key in (None, "in the query") else signed(str(key), one.service)
    path = one.path if key == "in the query" else one.path.partition("?")[0]
    headers = {"Content-Type": one.kind, **by_header}
    status, text, _ = ask(target.port, "POST", path, headers, one.body)
    assert (status, text.strip()) == (403, guard.BAD_KEY)
    assert changes(target) == set()


TARGETS = {
    "dynamodb": "DynamoDB_20120810.ListTables",
    "sqs": "AmazonSQS.ListQueues",
    "secretsmanager": "secretsmanager.ListSecrets",
    "logs": "Logs_20140328.DescribeLogGroups",
    "events": "AWSEvents.ListEventBuses",
}


@pytest.mark.parametrize("service", TARGETS)
def test_an_invented_key_of_a_role_is_refused(target: ministack.Process, service: str) -> None:
    """The guard lets such keys pass, because MiniStack checks them: this is the proof."""
    kind = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": TARGETS[service]}
    for key in ("ASIA0123456789ABCDEF", "AKIA0123456789ABCDEF"):
        headers = kind | signed(key, service)
        status, text, _ = ask(target.port, "POST", "/", headers, "{}")
        assert status in (400, 401, 403), text
    status, text, _ = ask(target.port, "POST", "/", kind | signed(target.root_key, service), "{}")
    assert status == 200, text


@pytest.mark.parametrize("service", TARGETS)
def test_a_wrong_signature_of_a_function_is_refused(stack: Stack, service: str) -> None:
    roles = stack.client("iam").list_roles()["Roles"]
    role = next(one["Arn"] for one in roles if "Handler" in one["RoleName"])
    sts = stack.client("sts")
    held = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": TARGETS[service]}
    headers |= signed(held["AccessKeyId"], service)
    headers["X-Amz-Security-Token"] = held["SessionToken"]
    status, text, _ = ask(stack.process.port, "POST", "/", headers, "{}")
    assert status in (400, 401, 403), text
    assert "ignature" in text


def test_the_webhooks_host_answers_for_the_api_only(stack: Stack) -> None:
    host = str(stack.described["webhook_url"]).split("/")[2]
    headers = {"Host": host, "X-Amz-Target": TARGETS["dynamodb"], **signed("test", "dynamodb")}
    for path, refused in (("/webhooks/justcall", (401, "unauthorized")), ("/", (403, "key"))):
        status, text, _ = ask(stack.process.port, "POST", path, headers, '{"data": {"id": 1}}')
        assert status == refused[0]
        assert refused[1] in text
    elsewhere = headers | {"Host": host.upper().replace("LOCALHOST", "localhost")}
    status, text, _ = ask(stack.process.port, "POST", "/webhooks/justcall", elsewhere, "{}")
    assert (status, text.strip()) == (403, guard.BAD_KEY)


def test_a_program_without_the_token_cannot_reset(target: ministack.Process) -> None:
    status, text, _ = ask(target.port, "POST", "/_ministack/reset", {})
    assert (status, text.strip()) == (403, guard.BAD_TOKEN)
    assert changes(target) == set()


def test_a_rebound_name_is_refused(target: ministack.Process) -> None:
    """The attacker's name resolves to 127.0.0.1: same origin for the browser, so no Origin header."""
    for method in ("GET", "POST"):
        headers = {"Host": f"{EVIL}:{target.port}", "Sec-Fetch-Site": "same-origin"}
        status, text, _ = ask(target.port, method, "/", headers)
        assert (status, text.strip()) == (403, guard.BAD_HOST)


def test_a_request_without_a_host_is_refused(target: ministack.Process) -> None:
    with socket.create_connection(("127.0.0.1", target.port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert b" 403 " in answer.splitlines()[0]


def test_all_of_a_running_stack_is_its_owners_only(bare: tuple[Place, ministack.Process]) -> None:
    place, _ = bare
    paths = [place.home, *place.home.rglob("*")]
    assert {place.token, place.root_key_file} <= set(paths)
    assert not [path for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def test_the_webhook_and_the_sdk_still_work(stack: Stack) -> None:
    """JustCall's request reaches the handler, which writes and sends; preflights are refused."""
    key, body = fresh("call.missed")
    assert stack.post(body, sign(body, SECRET)).json() == {"status": "accepted"}
    stack.wait_for(key, "processed")
    url = str(stack.described["webhook_url"])
    host, path = url.removeprefix("http://").split("/", 1)
    asked = {"Host": host, **BROWSER, "Access-Control-Request-Method": "POST"}
    status, _, answer = ask(stack.process.port, "OPTIONS", f"/{path}", asked)
    assert status == 403
    assert not [header for header in answer if header.startswith("access-control-")]


# ------------------------------------------------------------ a real browser


@contextmanager
def page(text: str, seen: list[tuple[str, str]]) -> Iterator[int]:
    """Serve one page, and record the path and origin of every POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(text.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.path, self.headers.get("Origin", "")))
            self._answer(b"")

        def _answer(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep the output for pytest's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def attack(port: int) -> str:
    """Return a page that sends the three requests to MiniStack, and then to its own server."""
    requests = [one._asdict() for one in simple_requests(port).values()]
    return f"""<!doctype html><body>waiting<script>
const send = (base, one) => fetch(base + one.path, {{method: "POST", mode: "no-cors",
    body: new Blob([one.body], {{type: one.kind}})}});
const requests = {json.dumps(requests)};
const results = base => Promise.allSettled(requests.map(one => send(base, one)));
const read = fetch("http://127.0.0.1:{port}/_ministack/health").then(() => "read", () => "hidden");
(async () => {{
    const answers = await results("http://127.0.0.1:{port}");
    await results("");
    document.body.textContent = answers.map(one => one.status).join() + " " + await read;
}})();
</script>"""


@pytest.fixture
def chromium() -> str:
    return find_chromium()


def visit(program: str, url: str, profile: Path) -> str:
    """Return the page's document after its scripts ended."""
    run = subprocess.run(
        [program, *FLAGS, f"--user-data-dir={profile}", url],
        env={**os.environ, "HOME": str(profile)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


def test_a_page_in_chromium_changes_and_reads_nothing(
    target: ministack.Process, chromium: str, tmp_path: Path
) -> None:
    seen: list[tuple[str, str]] = []
    with page(attack(target.port), seen) as port:
        shown = visit(chromium, f"http://{EVIL}:{port}/", tmp_path)
    paths = {one.path for one in simple_requests(target.port).values()}
    assert {path.partition("?")[0] for path, _ in seen} == {
        path.partition("?")[0] for path in paths
    }, "the page really sends all three"
    assert {origin for _, origin in seen} == {f"http://{EVIL}:{port}"}
    assert "fulfilled,fulfilled,fulfilled hidden" in shown, "each was answered, none readable"
    assert changes(target) == set()


def test_a_rebound_page_in_chromium_is_refused(
    target: ministack.Process, chromium: str, tmp_path: Path
) -> None:
    shown = visit(chromium, f"http://{EVIL}:{target.port}/_ministack/health", tmp_path)
    assert guard.BAD_HOST in shown
