"""The usual Powertools way: resolver, idempotency on DynamoDB, pydantic, Logger, Metrics, Tracer."""

import hashlib
import hmac
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from pydantic import BaseModel

logger, metrics, tracer = Logger(), Metrics(), Tracer()
app = APIGatewayHttpResolver()
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")
store = DynamoDBPersistenceLayer(table_name=os.environ["EVENTS_TABLE"])
config = IdempotencyConfig(event_key_jmespath="[event, data.call_id]")


class Envelope(BaseModel):
    event: str
    timestamp: str
    data: dict[str, Any]


@idempotent_function(  # type: ignore[untyped-decorator]  # it has no types
    data_keyword_argument="event", persistence_store=store, config=config
)
def keep(event: dict[str, Any], body: str) -> str:
    dynamodb.put_item(
        TableName=os.environ["EVENTS_TABLE"],
        Item={"id": {"S": event["data"]["call_id"]}, "body": {"S": body}},
    )
    sqs.send_message(QueueUrl=os.environ["QUEUE_URL_PREFIX"] + "call_completed", MessageBody=body)
    return "accepted"


@app.post("/webhooks/justcall")
@tracer.capture_method
def webhook() -> Response[str]:
    body = app.current_event.body or ""
    digest = hmac.new(os.environ["API_SECRET"].encode(), body.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest, app.current_event.headers["x-justcall-signature"]):
        return Response(401, "application/json", "{}")
    envelope = Envelope.model_validate_json(body)
    status = keep(event=envelope.model_dump(), body=body)
    metrics.add_metric("Accepted", MetricUnit.Count, 1)
    logger.info("accepted", extra={"type": envelope.event})
    return Response(200, "application/json", f'{{"status": "{status}"}}')


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    config.register_lambda_context(context)
    return app.resolve(event, context)
