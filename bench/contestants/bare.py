"""The baseline: HMAC, put, send, and nothing else; the secret comes from the environment."""

import hashlib
import hmac
import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


def handler(event: Any, context: Any) -> dict[str, Any]:
    body = event["body"]
    digest = hmac.new(os.environ["API_SECRET"].encode(), body.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest, event["headers"].get("x-justcall-signature", "")):
        return {"statusCode": 401, "body": "{}"}
    payload = json.loads(body)
    key = f"{payload['event']}:{payload['data']['call_id']}"
    dynamodb.put_item(
        TableName=os.environ["EVENTS_TABLE"],
        Item={"pk": {"S": key}, "sk": {"S": "event"}, "body": {"S": body}},
        ConditionExpression="attribute_not_exists(pk)",
    )
    sqs.send_message(QueueUrl=os.environ["QUEUE_URL_PREFIX"] + "call_completed", MessageBody=body)
    return {"statusCode": 200, "body": '{"status": "accepted"}'}
