"""Post missed calls and voicemails to a Slack channel.

A rule on the bus of a justcall-hooks stack fills a queue; Lambda gives its messages to `handler`.
Slack's webhooks take no id by which a repeated message could be recognised. So a call is posted at
least once: twice, if the function dies between Slack's answer and its own.
"""

import json
import logging
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import urllib3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

TITLES = {"call.missed": "Missed call", "voicemail.received": "Voicemail"}
# `hooks publish --since 90d` publishes old calls again, which nobody wants to see in the channel.
MAX_AGE = timedelta(days=1)
# Five posts (BatchSize) and the secret take less than the function's Timeout, 30 s.
POST_SECONDS = 3.0
FAST = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 2})
RATE_LIMITED = "status-429"

log = logging.getLogger()
http = urllib3.PoolManager()


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Post a batch to Slack; return the messages that failed, which SQS brings again."""
    url, reason, failed = webhook_url(), "", []
    for record in event["Records"]:
        if reason != RATE_LIMITED:  # after that, Slack refuses the rest of the batch too
            reason = attempt(url, record["body"])
        if reason:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def attempt(url: str, body: str) -> str:
    """Post one event of the bus if it is news; return why that failed, empty if it did not."""
    key = None
    try:
        event = json.loads(body)
        key = event["detail"]["data"]["event"]["key"]
        reason = post(url, text_of(event["detail"]["data"])) if is_news(event) else ""
    except Exception as error:
        reason = type(error).__name__  # its text may contain the URL, which is secret
    if reason:
        log.warning("%s not posted: %s", key, reason)
    return reason


def is_news(event: Mapping[str, Any]) -> bool:
    """Return whether nobody has answered the call and it was recent when it was published."""
    data = event["detail"]["data"]
    age = datetime.fromisoformat(event["time"]) - datetime.fromisoformat(data["event"]["at"])
    return age < MAX_AGE and data.get("call", {}).get("outcome") != "completed"


def text_of(data: Mapping[str, Any]) -> str:
    """Return Slack's text for an event; each reader sees the time in their own time zone."""
    call = {**data.get("call", {}), **data["event"]}
    who = named(call.get("number", "a withheld number"), call.get("contact_name"))
    line = named(call.get("justcall_number", "an unknown line"), call.get("justcall_line_name"))
    at = datetime.fromisoformat(call["at"])
    date = f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"
    return f"*{TITLES.get(call['kind'], call['kind'])}* from {who} to {line}, {date}"


def named(number: str, name: str | None) -> str:
    """Return a number and its name on one line, without Slack's control characters."""
    text = " ".join(f"{number} ({name})".split() if name else number.split())[:200]
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post(url: str, text: str) -> str:
    """Post a text to Slack; return why it was not accepted, empty if it was."""
    answer = http.request(
        "POST",
        url,
        body=json.dumps({"text": text, "unfurl_links": False, "unfurl_media": False}),
        headers={"content-type": "application/json"},
        timeout=urllib3.Timeout(total=POST_SECONDS),
        retries=False,  # SQS retries
        redirect=False,  # a redirected POST becomes a GET, whose 200 means nothing
    )
    return "" if 200 <= answer.status < 300 else f"status-{answer.status}"


def webhook_url() -> str:
    """Read the URL, for each batch anew, so that a changed one needs no deploy."""
    answer = secrets().get_secret_value(SecretId=os.environ["SLACK_SECRET_ARN"])
    return answer["SecretString"].strip()


@cache
def secrets() -> "SecretsManagerClient":
    """Return this process's client, which gives up within seconds."""
    return boto3.client("secretsmanager", config=FAST)
