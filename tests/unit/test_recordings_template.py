"""templates/recordings.yaml: a private bucket, least rights, and nothing of it when off."""

import re
from functools import partial
from typing import Any

import pytest

from archiver import app
from recordings import backoff, download, register
from recordings.links import FIELDS
from tests.support import stack
from tests.support.recordings import is_wanted

RECORDINGS = stack.nested("recordings")
FOURTEEN_DAYS = 14 * 86_400
properties = partial(stack.nested_properties, "recordings")
statements = partial(stack.nested_statements, "recordings")


# ------------------------------------------------------------ parameters


def test_every_parameter_is_passed() -> None:
    passed = stack.nested("bus")["Resources"]["RecordingsStack"]["Properties"]["Parameters"]
    assert set(passed) == set(RECORDINGS["Parameters"])


def test_plain_http_is_for_the_local_stack_only() -> None:
    passed = stack.nested("bus")["Resources"]["RecordingsStack"]["Properties"]["Parameters"]
    assert passed["HttpToLoopback"] == {"Fn::If": ["HasLocalRecordings", "yes", "no"]}
    assert stack.nested("bus")["Conditions"]["HasLocalRecordings"] == {
        "Fn::Equals": [{"Ref": "Recordings"}, "local"]
    }


def test_hosts_are_justcalls_by_default() -> None:
    parameter = stack.template()["Parameters"]["RecordingHosts"]
    hosts = download.Hosts.of(parameter["Default"])
    assert hosts.allow("recordings.justcall.io")
    assert not hosts.allow("justcall.io.example.com")
    for bad in ("", "https://justcall.io", "Justcall.io", "a b;c", "x,"):
        assert not re.fullmatch(parameter["AllowedPattern"], bad), bad
    assert re.fullmatch(parameter["AllowedPattern"], parameter["Default"])


# ------------------------------------------------------------ bucket


def test_bucket_is_private_encrypted_and_versioned() -> None:
    bucket = properties("Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_bucket_refuses_what_is_not_tls() -> None:
    [statement] = properties("BucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2
    assert RECORDINGS["Resources"]["BucketPolicy"]["Condition"] == "IsRemote"
    assert RECORDINGS["Conditions"]["IsRemote"] == {"Fn::Not": [{"Condition": "IsLocal"}]}
    assert RECORDINGS["Conditions"]["IsLocal"] == {"Fn::Equals": [{"Ref": "HttpToLoopback"}, "yes"]}


@pytest.mark.parametrize("name", ["Bucket", "BucketPolicy"])
def test_bucket_stays_when_recordings_are_switched_off(name: str) -> None:
    assert RECORDINGS["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RECORDINGS["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_bucket_that_stays_does_not_block_a_new_one() -> None:
    assert "BucketName" not in properties("Bucket")


def test_files_age_by_the_parameters_and_nothing_half_done_stays() -> None:
    files, parts, markers = properties("Bucket")["LifecycleConfiguration"]["Rules"]
    assert files["ExpirationInDays"] == {"Ref": "ExpiryDays"}
    condition, [transition], nothing = files["Transitions"]["Fn::If"]
    assert (condition, nothing) == ("HasColdStorage", {"Ref": "AWS::NoValue"})
    assert transition["TransitionInDays"] == {"Ref": "ColdDays"}
    assert parts["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert markers["ExpiredObjectDeleteMarker"] is True


# ------------------------------------------------------------ from the bus to the archiver


def entry(source: str = "justcall-hooks", **event: Any) -> dict[str, Any]:
    return {"Source": source, "DetailType": "x", "Detail": {"data": {"event": event}}}


@pytest.mark.parametrize(
    "one",
    [
        entry(recording_url="https://a"),
        entry(call_recording_url="https://a"),
        entry(media=["https://a"]),
        entry(left_out=["notes", "media"]),
    ],
)
def test_rule_takes_events_with_links(one: dict[str, Any]) -> None:
    assert is_wanted(one)


@pytest.mark.parametrize(
    "one",
    [
        entry(),
        entry(text="https://a"),
        entry(left_out=["notes"]),
        entry("somebody", recording_url="https://a"),
        {"Source": "justcall-hooks", "Detail": {"data": {"call": {"recording_url": "https://a"}}}},
    ],
)
def test_rule_takes_nothing_else(one: dict[str, Any]) -> None:
    assert not is_wanted(one)


def test_rule_asks_for_every_field_of_links() -> None:
    alternatives = properties("Rule")["EventPattern"]["$or"]
    asked = [one["detail"]["data"]["event"] for one in alternatives]
    assert {name for one in asked for name in one} == {*FIELDS, "left_out"}
    assert asked[-1] == {"left_out": list(FIELDS)}


def test_nothing_is_given_up_quietly() -> None:
    unarchived = {"Fn::GetAtt": ["UnarchivedQueue", "Arn"]}
    [target] = properties("Rule")["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": unarchived}
    assert target["InputPath"] == "$.detail"
    queue = properties("Queue")
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == unarchived
    assert queue["MessageRetentionPeriod"] > backoff.LINK_SECONDS
    assert properties("UnarchivedQueue")["MessageRetentionPeriod"] == FOURTEEN_DAYS


def test_receives_suffice_for_the_whole_life_of_a_link() -> None:
    attempts = len(backoff.DELAYS) + backoff.LINK_SECONDS / backoff.DELAYS[-1]
    assert properties("Queue")["RedrivePolicy"]["maxReceiveCount"] > 2 * attempts


def test_times_fit_together() -> None:
    timeout = properties("ArchiverFunction")["Timeout"]
    assert download.MAX_SECONDS + app.RESERVE_SECONDS < timeout <= 900
    assert properties("Queue")["VisibilityTimeout"] >= 6 * timeout


def test_slow_hosts_take_little_of_the_accounts_concurrency() -> None:
    source = properties("ArchiverSource")
    assert source["BatchSize"] == 1
    assert source["ScalingConfig"]["MaximumConcurrency"]["Fn::If"][2] <= 10


# ------------------------------------------------------------ rights and alarms


def test_archiver_reads_no_event_and_no_file() -> None:
    for one in statements("ArchiverRole"):
        actions = stack.listed(one["Action"])
        if any(name.startswith("dynamodb:") for name in actions):
            assert actions == ["dynamodb:GetItem", "dynamodb:PutItem"]
            keys = {"dynamodb:LeadingKeys": register.partition("*")}
            assert one["Condition"] == {"ForAllValues:StringLike": keys}
        if any(name.startswith("s3:") for name in actions):
            assert set(actions) == {"s3:PutObject", "s3:AbortMultipartUpload"}


def test_late_alarm_leaves_most_of_a_links_life() -> None:
    assert backoff.LATE_SECONDS + 3_600 <= backoff.LINK_SECONDS / 4
    assert properties("RecordingLateAlarm")["Period"] >= backoff.DELAYS[-1]
