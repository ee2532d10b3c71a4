"""`sam build` and `sam deploy` of the project's own template into the embedded AWS."""

import hashlib
import json
import os
import platform
import subprocess
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from justcall.catalogue import KINDS, module_name
from local import bridge
from local.ministack import Process
from local.place import REGION, ROOT, ROOT_SECRET, STACK_NAME, LocalError, Place, tool, write
from local.place import environment as clean_environment

type Step = Callable[[str], None]
_SAMPLES_URL = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/webhooks/justcall"
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def deploy(place: Place, process: Process, step: Step) -> dict[str, Any]:
    """Deploy the template, unless the same is deployed already; return the contents of stack.json.

    Raises LocalError.
    """
    fingerprint = _fingerprint()
    outputs = _outputs(process)
    if outputs is None or _read(place.deployed) != fingerprint:
        step("building the functions")
        sam(place, process, "build")
        _host_packages(place)
        _default_stage(place)
        step("deploying the template")
        if _remove_broken(process):
            step("the stack of a failed deploy was removed: its events are lost")
        sam(place, process, "deploy")
        outputs = _outputs(process)
    if outputs is None:
        raise LocalError(f"The stack is incomplete after its deploy. See {place.log}")
    write(place.deployed, fingerprint)
    return _describe(place, process, outputs)


def sam(place: Place, process: Process, command: str, changed: Sequence[str] = ()) -> None:
    """Run `sam build` or `sam deploy` with samconfig.toml's [local] and `changed` parameters.

    Raises LocalError with the end of its output.
    """
    template = str(ROOT / "template.yaml")
    cache = str(place.home / "build-cache")
    built = ["--template-file", str(place.build / "template.yaml")]
    building = ["--template", template, "--build-dir", str(place.build), "--cache-dir", cache]
    settings = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
    run = subprocess.run(  # noqa: S603  (our own program, no shell)
        [
            *(str(tool("sam", "sam")), command, *settings),
            *(building if command == "build" else built),
            *("--parameter-overrides", *parameters(), *changed),
        ],
        cwd=ROOT,
        umask=0o077,
        env=clean_environment(process.root_key, process.endpoint_url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        end = "\n".join((run.stdout + run.stderr).splitlines()[-25:])
        raise LocalError(f"sam {command} failed:\n{end}")


def parameters() -> list[str]:
    """Return samconfig.toml's local parameters and this machine's architecture."""
    with (ROOT / "samconfig.toml").open("rb") as file:
        settings = tomllib.load(file)["local"]["deploy"]["parameters"]["parameter_overrides"]
    arm = platform.machine().lower() in ("arm64", "aarch64")
    return [*settings.split(), f"Architecture={'arm64' if arm else 'x86_64'}"]


def _host_packages(place: Place) -> None:
    """Install this machine's packages into the functions, except on Linux.

    MiniStack runs functions as processes of this machine, but SAM builds for Linux.
    """
    if platform.system() == "Linux":
        return
    uv = str(ROOT / ".local" / "bootstrap" / "bin" / "uv")
    # A nested stack's functions are one folder deeper.
    apps = (*place.build.glob("*/handler/app.py"), *place.build.glob("*/*/handler/app.py"))
    for folder in (app.parents[1] for app in apps):
        command = [uv, "pip", "install", "--quiet", "--require-hashes", "--reinstall"]
        python = ["--python", str(tool("ministack", "python")), "--target", str(folder)]
        requirements = ["-r", str(ROOT / "src" / "requirements.txt")]
        subprocess.run([*command, *python, *requirements], check=True)  # noqa: S603


def _default_stage(place: Place) -> None:
    """Give the built template's Stage a default.

    MiniStack runs SAM's transform without the parameters' values. Without a default it would keep
    the gradual deployment, which is prod's, and it does not have CodeDeploy.
    """
    built = place.build / "template.yaml"
    head, stage, tail = built.read_text().partition("\n  Stage:\n")
    if not stage:
        raise LocalError(f"{built} has no parameter Stage")
    built.write_text(f"{head}{stage}    Default: dev\n{tail}")


@cache
def client(process: Process, service: str) -> Any:
    """Return a boto3 client that calls this MiniStack as the root user, always the same one.

    It ignores the user's AWS profile and files, and every proxy.
    """
    return boto3.Session(botocore_session=_own_session()).client(
        service,  # type: ignore[call-overload]  # the stubs know the services by literal only
        endpoint_url=process.endpoint_url,
        region_name=REGION,
        aws_access_key_id=process.root_key,
        aws_secret_access_key=ROOT_SECRET,
        config=Config(proxies={}),
    )


def _own_session() -> botocore.session.Session:
    nothing = (None, None, os.devnull, None)
    settings = {"profile": (None,) * 4, "config_file": nothing, "credentials_file": nothing}
    return botocore.session.Session(session_vars=settings)


def _stack(process: Process) -> Mapping[str, Any] | None:
    try:
        answer = client(process, "cloudformation").describe_stacks(StackName=STACK_NAME)
    except (BotoCoreError, ClientError):
        return None
    stack: Mapping[str, Any] = answer["Stacks"][0]
    return stack


def _outputs(process: Process) -> dict[str, str] | None:
    """Return the outputs of the stack if it is complete."""
    stack = _stack(process)
    if stack is None or stack["StackStatus"] not in _COMPLETE:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _remove_broken(process: Process) -> bool:
    """Delete a stack that a failed or interrupted deploy left; CloudFormation cannot update it."""
    stack = _stack(process)
    if stack is None or stack["StackStatus"] in _COMPLETE:
        return False
    cloudformation = client(process, "cloudformation")
    cloudformation.delete_stack(StackName=STACK_NAME)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK_NAME)
    return True


def _describe(place: Place, process: Process, outputs: Mapping[str, str]) -> dict[str, Any]:
    """Write stack.json, and the variables for `sam local invoke`."""
    account_url = f"{process.endpoint_url}/000000000000"
    events, dead = f"{account_url}/{STACK_NAME}-events-", f"{account_url}/{STACK_NAME}-dead-letters"
    host = f"{outputs['ApiId']}.execute-api.localhost:{process.port}"
    stack = {
        "webhook_url": f"http://{host}/webhooks/justcall",
        "registered_url": outputs["WebhookUrl"],
        "endpoint_url": process.endpoint_url,
        "region": REGION,
        "access_key_id": process.root_key,
        "stack_name": STACK_NAME,
        "events_table": outputs["EventsTableName"],
        "secret_arn": outputs["SecretArn"],
        "queues": {kind: events + module_name(kind) for kind in KINDS},
        "dead_letter_queue": dead,
        "event_bus": outputs.get("EventBusName"),
        "deliveries_queue": f"{account_url}/{STACK_NAME}-deliveries",
        "delivery_secret": outputs.get("DeliverySecretArn"),
        "recordings_bucket": outputs.get("RecordingsBucket"),
    }
    write(place.stack_file, json.dumps(stack, indent=2) + "\n")
    services = ("DYNAMODB", "EVENTBRIDGE", "SECRETS_MANAGER", "SQS")
    seen_from_docker = f"http://{bridge.HOST}:{process.port}"
    variables = {f"AWS_ENDPOINT_URL_{name}": seen_from_docker for name in services} | {
        "EVENTS_TABLE": outputs["EventsTableName"],
        "SECRET_ARN": outputs["SecretArn"],
        "QUEUE_URL_PREFIX": events,
        "DEAD_LETTER_QUEUE_URL": dead,
        "EVENT_BUS": outputs.get("EventBusName", ""),
        "DELIVERIES_QUEUE_URL": f"{account_url}/{STACK_NAME}-deliveries",
        "DELIVERY_SECRET_ARN": outputs.get("DeliverySecretArn", ""),
        "HTTP_TO_LOOPBACK": "yes",
        "RETENTION_DAYS": "400",
        "MAX_RECEIVES": "5",
        "ACCEPTED_DIALECTS": "body-signed url-signed",
        # The url-signed samples in events/ are signed for this URL and for a day in 2026.
        "WEBHOOK_URLS": f"{_SAMPLES_URL} {outputs['WebhookUrl']}",
        "TIMESTAMP_PAST_MINUTES": "10000000",
        "TIMESTAMP_FUTURE_MINUTES": "5",
    }
    write(place.env_vars, json.dumps({"Parameters": variables}, indent=2) + "\n")
    return stack


def _fingerprint() -> str:
    """Return a hash of every file that affects the deploy."""
    files = [ROOT / "template.yaml", ROOT / "samconfig.toml", Path(__file__)]
    files += (ROOT / "templates").glob("*.yaml")
    files += [path for path in (ROOT / "src").rglob("*") if path.suffix in (".py", ".txt")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
