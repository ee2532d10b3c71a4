"""What a deployment keeps: the rotated secret, and everything over a stop and a start."""

import json

from justcall.signature import sign
from local import deploy, ministack
from tests.e2e.conftest import Stack
from tests.e2e.test_path import fresh
from tests.support.samples import SECRET


def test_a_later_deploy_never_overwrites_the_secret(stack: Stack) -> None:
    """A rotated secret stays, though a deploy brings another value; nested stacks change too."""
    secrets, arn = stack.client("secretsmanager"), stack.described["secret_arn"]
    secrets.put_secret_value(SecretId=arn, SecretString="rotated")
    try:
        # MiniStack breaks such an update if it is not patched.
        parameters = ["JustCallApiSecret=another", "LogRetentionDays=7"]
        deploy.sam(stack.place, stack.process, "deploy", parameters)
        assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "rotated"
    finally:
        secrets.put_secret_value(SecretId=arn, SecretString=SECRET)


def test_stack_json_says_what_programs_rely_on(stack: Stack) -> None:
    """The file has its keys, and each of its queues exists."""
    described = json.loads(stack.place.stack_file.read_text())
    assert set(described) == {
        "webhook_url",
        "registered_url",
        "endpoint_url",
        "region",
        "access_key_id",
        "stack_name",
        "events_table",
        "secret_arn",
        "queues",
        "dead_letter_queue",
        "event_bus",
        "deliveries_queue",
        "delivery_secret",
        "recordings_bucket",
    }
    for url in [*described["queues"].values(), described["dead_letter_queue"]]:
        stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


def test_a_stop_and_a_start_lose_nothing(stack: Stack) -> None:
    """Events, the API's address and the way to it survive `make down && make up`."""
    key, body = fresh("call.missed")
    signature = sign(body, SECRET)
    assert stack.post(body, signature).json() == {"status": "accepted"}
    stack.wait_for(key, "processed")
    assert ministack.stop(stack.place)
    assert ministack.find(stack.place) is None
    again = ministack.start(stack.place)
    assert again.port == stack.process.port
    assert deploy.deploy(stack.place, again, print) == stack.described
    assert stack.post(body, signature).json() == {"status": "duplicate"}
    key, body = fresh("call.missed")
    assert stack.post(body, sign(body, SECRET)).json() == {"status": "accepted"}
    stack.wait_for(key, "processed")
