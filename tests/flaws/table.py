"""List mistakes of other webhook receivers, each as an edit of our code and the test that fails.

`python -m tests.flaws.table` regenerates docs/flaws.md.

Sources: "facts" is our list of mistakes in public receivers of JustCall's webhooks. The others are
issues and pull requests in which users reported the flaw.
"""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/flaws.md"
_BEGIN, _END = "<!-- flaws: begin -->", "<!-- flaws: end -->"


class Flaw(NamedTuple):
    """One flaw: `file` holds `before` exactly once, and planting replaces it with `after`."""

    name: str
    others: str
    source: str
    file: str
    before: str
    after: str
    test: str


_UNIT, _INTEGRATION = "tests/unit", "tests/integration"
_RECEIVE = f"{_UNIT}/handler/test_receive.py"
_APP = f"{_UNIT}/handler/test_app.py"
_SIGNATURE = f"{_UNIT}/justcall/test_signature.py"
_KEYS = f"{_UNIT}/justcall/test_keys.py"
_SECRETS = f"{_UNIT}/aws/test_secrets.py"
_VERDICT = f"{_UNIT}/sweeper/test_verdict.py"
_CANARY = f"{_UNIT}/test_canary.py"
_PROMISES = f"{_INTEGRATION}/test_promises.py"
_RACES = f"{_INTEGRATION}/test_races.py"
_REPLAY = f"{_INTEGRATION}/test_replay.py"
_SWEEPER = f"{_INTEGRATION}/test_sweeper.py"
_LEDGER = f"{_UNIT}/ledger/test_events.py"
_URL = f"{_UNIT}/handler/test_url_signed.py"
_URL_PATH = f"{_INTEGRATION}/test_url_signed.py"

_AUTHENTICITY = (
    Flaw(
        "hmac-of-parsed-json",
        "They sign the body parsed and serialised again: other whitespace, another signature.",
        "facts",
        "src/justcall/signature.py",
        "hmac.compare_digest(claimed, _digest(body, secret))",
        'hmac.compare_digest(claimed, _digest(__import__("json").dumps('
        '__import__("json").loads(body)).encode(), secret))',
        f"{_RECEIVE}::test_new_event_is_kept_and_sent",
    ),
    Flaw(
        "signature-only-if-present",
        "They check a signature only if there is one, so an unsigned request gets in.",
        "facts; AWS's webhook sample",
        "src/handler/authenticate.py",
        "    claimed = signature.parse(delivery.signature)\n",
        "    if not delivery.signature:\n        return Verified(BODY_SIGNED)\n"
        "    claimed = signature.parse(delivery.signature)\n",
        f"{_RECEIVE}::test_unsigned_body_has_no_effect",
    ),
    Flaw(
        "signature-only-if-secret",
        "They check signatures only if a secret is set, so a missing secret lets everyone in.",
        "facts; frain-dev/convoy#2656",
        "src/handler/receive.py",
        "    except (SignatureRefused, SecretUnavailable, NotRightYet):\n",
        "    except SecretUnavailable:\n        verified = Verified('body-signed')\n"
        "    except (SignatureRefused, NotRightYet):\n",
        f"{_RECEIVE}::test_no_refusal_while_the_secrets_are_unknown",
    ),
    Flaw(
        "empty-secret-verifies",
        "They compute the HMAC with an empty key, and anybody can sign with that.",
        "corsairdev/corsair#830",
        "src/justcall/signature.py",
        "matched |= bool(secret) and hmac",
        "matched |= hmac",
        f"{_SIGNATURE}::test_empty_secret_verifies_nothing_that_it_signed",
    ),
    Flaw(
        "empty-secret-is-one",
        "They accept an empty text as the secret.",
        "frain-dev/convoy#2656",
        "src/aws/secrets.py",
        "        if not current:\n",
        "        if current is None:\n",
        f"{_SECRETS}::test_empty_secret_is_none",
    ),
    Flaw(
        "comparison-throws-on-length",
        "Their constant-time comparison throws if lengths differ, and a forger gets a 500.",
        "facts",
        "src/justcall/signature.py",
        '        raise SignatureRefused("signature-malformed") from error\n'
        '    raise SignatureRefused("signature-malformed")\n',
        '        raise SignatureRefused("signature-malformed") from error\n'
        '    raise ValueError("Input buffers must have the same byte length")\n',
        f"{_SIGNATURE}::test_malformed_headers_are_refused",
    ),
    Flaw(
        "comparison-throws-on-non-ascii",
        "Their comparison throws if the header holds non-ASCII characters.",
        "facts",
        "src/justcall/signature.py",
        "    except ValueError as error:  # binascii",
        "    except binascii.Error as error:  # binascii",
        f"{_SIGNATURE}::test_malformed_headers_are_refused",
    ),
    Flaw(
        "previous-secret-refused",
        "They accept one secret only, and refuse events signed before a rotation.",
        "octokit/webhooks.js#770",
        "src/aws/secrets.py",
        "self._values = (current, previous) if previous else (current,)",
        "self._values = (current,)",
        f"{_PROMISES}::test_the_secret_in_aws_decides",
    ),
    Flaw(
        "rotation-needs-a-deploy",
        "They read the secret only at startup, so a rotation needs a deploy.",
        "probot/probot#1974",
        "src/aws/secrets.py",
        "        may_ask = self._may_ask(deadline)\n",
        "        may_ask = False\n",
        f"{_SECRETS}::test_mismatch_after_a_minute_finds_the_new_secret",
    ),
    Flaw(
        "forger-drives-calls",
        "They read the secret again for every wrong signature, so a forger can exhaust its rate limit.",
        "octokit/webhooks.js#770",
        "src/aws/secrets.py",
        "return deadline.now() - self._asked_at >= FRESH_SECONDS",
        "return True",
        f"{_SECRETS}::test_mismatches_cause_one_call_a_minute",
    ),
    Flaw(
        "base64-not-decoded",
        "They verify the base64 text that API Gateway passes on, not the bytes that were sent.",
        "stripe/stripe-node#1768; aws/aws-sam-cli#3110",
        "src/handler/app.py",
        '    if not event.get("isBase64Encoded"):\n',
        "    if body:\n",
        f"{_APP}::test_base64_bodies_are_decoded_before_they_are_verified",
    ),
    Flaw(
        "always-base64",
        "They base64-decode every body, even if API Gateway passes on plain text.",
        "aws/aws-sam-cli#7927",
        "src/handler/app.py",
        '    if not event.get("isBase64Encoded"):\n',
        "    if not body:\n",
        f"{_APP}::test_samples",
    ),
)

_PROBE = (
    Flaw(
        "authentication-before-the-probe",
        "They refuse JustCall's unsigned probe, so the URL can't be saved.",
        "facts",
        "src/handler/receive.py",
        "        if envelope.is_probe(delivery.body):\n"
        "            return Outcome(PROBE)\n        raise\n",
        "        raise\n",
        f"{_RECEIVE}::test_unsigned_probe_succeeds_without_effect",
    ),
    Flaw(
        "unsigned-is-a-probe",
        "They treat every unsigned request as a probe, and answer 200.",
        "facts (the probe)",
        "src/handler/receive.py",
        "        if envelope.is_probe(delivery.body):\n"
        "            return Outcome(PROBE)\n        raise\n",
        "        if not delivery.signature or envelope.is_probe(delivery.body):\n"
        "            return Outcome(PROBE)\n        raise\n",
        f"{_RECEIVE}::test_unsigned_body_has_no_effect",
    ),
    Flaw(
        "empty-id-is-a-probe",
        "They treat a body without an id as a probe, and lose events whose id is empty.",
        "facts (the probe)",
        "src/justcall/envelope.py",
        '    return not _is_given(document.get("data"))\n',
        '    data = document.get("data")\n'
        '    if isinstance(data, dict) and data.get("call_id") == "":\n        return True\n'
        "    return not _is_given(data)\n",
        f"{_RECEIVE}::test_event_with_an_empty_id_is_no_probe",
    ),
)

_ANSWERS = (
    Flaw(
        "200-after-a-failure",
        "They answer 200 though the event was not stored, and the sender does not retry.",
        "facts",
        "src/handler/app.py",
        "    return answer(status, word)\n",
        "    return answer(KEPT, word)\n",
        f"{_APP}::test_what_may_mend_is_a_503",
    ),
    Flaw(
        "401-without-a-secret",
        "They answer 401 while their secret store is down; after a 4xx the sender may not retry.",
        "facts",
        "src/errors.py",
        "class SecretUnavailable(Unavailable):",
        "class SecretUnavailable(SignatureRefused):",
        f"{_APP}::test_what_may_mend_is_a_503",
    ),
    Flaw(
        "404-for-later",
        "They answer 404 to a transient error; after a 4xx the sender may not retry.",
        "facts",
        "src/handler/answers.py",
        '    (Unavailable, 503, "unavailable"),\n',
        '    (Unavailable, 404, "not found"),\n',
        f"{_APP}::test_every_error_has_an_answer",
    ),
    Flaw(
        "slow-work-before-the-answer",
        "They process the event before they answer, and the sender times out.",
        "facts",
        "src/handler/receive.py",
        "    _send(event.type, message_of(event), ports.queues)\n    return Outcome(ACCEPTED, event.key, reason)\n",
        '    ports.ledger._writes.client().get_item(TableName="contacts", Key={})\n    _send(event.type, message_of(event), ports.queues)\n    return Outcome(ACCEPTED, event.key, reason)\n',
        f"{_UNIT}/aws/test_deadline.py::test_accepted_event_makes_two_calls",
    ),
    Flaw(
        "answer-later-than-the-sender-waits",
        "They start a call that may end after the sender's timeout.",
        "facts",
        "src/handler/receive.py",
        "    deadline.require_call()\n    _send(",
        "    _send(",
        f"{_RECEIVE}::test_no_call_begins_that_could_end_too_late",
    ),
    Flaw(
        "unknown-type-refused",
        "They refuse unknown types; JustCall adds types without notice.",
        "facts (event types)",
        "src/handler/receive.py",
        "    if not parsed.data:\n",
        "    if kind_of(parsed.type) is None:\n        raise BodyTooLarge\n    if not parsed.data:\n",
        f"{_RECEIVE}::test_unknown_type_is_kept_as_unhandled",
    ),
    Flaw(
        "unknown-type-dropped",
        "They answer 200 to unknown types, and store nothing.",
        "facts (event types)",
        "src/handler/receive.py",
        "    existing = ports.ledger.keep(event)\n",
        "    if event.status == UNHANDLED:\n        return Outcome(UNHANDLED, event.key, reason)\n    existing = ports.ledger.keep(event)\n",
        f"{_RECEIVE}::test_unknown_type_is_kept_as_unhandled",
    ),
    Flaw(
        "unreadable-refused",
        "They refuse an authentic body that they cannot parse, and nobody ever sees it.",
        "facts (event types)",
        "src/handler/receive.py",
        "        event, reason = _quarantined(delivery, verified), unreadable.reason\n",
        "        raise BodyTooLarge from unreadable\n",
        f"{_RECEIVE}::test_unreadable_body_is_quarantined",
    ),
)

_IDENTITY = (
    Flaw(
        "dedupe-by-call-id",
        "They deduplicate by call id alone: call.completed counts as a copy of call.answered.",
        "facts",
        "src/justcall/keys.py",
        "    if envelope.type in ONCE:\n"
        '        return f"{envelope.type}:{identity}"\n'
        '    return with_content(f"{envelope.type}:{identity}", digest)\n',
        "    return identity\n",
        f"{_KEYS}::test_call_id_alone_is_no_key",
    ),
    Flaw(
        "dedupe-by-type-and-id",
        "They deduplicate updates by type and object, and drop the second real change.",
        "facts",
        "src/handler/receive.py",
        "    if existing.body_hash == event.body_hash:\n",
        "    if existing:\n",
        f"{_PROMISES}::test_other_content_under_the_same_key_is_an_event_of_its_own",
    ),
    Flaw(
        "look-then-write",
        "They read first and then write: of two concurrent deliveries both are new.",
        "Devlaner/devlane#332; frain-dev/convoy#1618",
        "src/ledger/writes.py",
        "            self.client().put_item(TableName=self._table, Item=item, **IF_ABSENT)\n",
        '            key = {name: item[name] for name in ("pk", "sk")}\n            old = self.client()._call("GetItem", {"TableName": self._table, "Key": key})\n            if "Item" in old:\n                return existing_of(old["Item"])\n            self.client().put_item(TableName=self._table, Item=item)\n',
        f"{_RACES}::test_two_deliveries_at_once",
    ),
    Flaw(
        "own-retry-is-a-duplicate",
        "Their client retries a write whose answer was lost, and they treat that as a duplicate.",
        "aws-powertools/powertools-lambda-python#4759",
        "src/ledger/events.py",
        "    return None if own else existing\n",
        "    return existing\n",
        f"{_PROMISES}::test_a_lost_put_answer_is_no_duplicate",
    ),
    Flaw(
        "consumer-does-not-dedupe",
        "They deduplicate in the receiver only, and act on each copy that the queue delivers.",
        "preloop#517; frain-dev/convoy#1618",
        "src/ledger/events.py",
        '_NOT_PROCESSED = "attribute_exists(pk) AND #status <> :processed"\n',
        '_NOT_PROCESSED = "attribute_exists(pk)"\n',
        f"{_RACES}::test_interleaved_copies_of_one_message",
    ),
    Flaw(
        "conflict-is-a-duplicate",
        "They treat the same id with other content as a duplicate, and drop that content.",
        "NousResearch/hermes-agent#85618",
        "src/handler/receive.py",
        "    if existing.body_hash == event.body_hash:\n",
        "    if existing.body_hash:\n",
        f"{_PROMISES}::test_other_content_under_the_same_key_is_an_event_of_its_own",
    ),
)

_LOSS = (
    Flaw(
        "queue-before-ledger",
        "They send first and write afterwards: a crash in between leaves no record of the event.",
        "Wave-RF/WaveHouse#384",
        "src/handler/receive.py",
        "    existing = ports.ledger.keep(event)\n",
        "    ports.queues.send(event.type, message_of(event))\n    existing = ports.ledger.keep(event)\n",
        f"{_RECEIVE}::test_event_is_kept_before_it_is_sent",
    ),
    Flaw(
        "marker-without-a-message",
        "They mark an event as seen and crash before they queue it; the retry is a duplicate.",
        "elizaOS/eliza#10160; Wave-RF/WaveHouse#384",
        "src/handler/receive.py",
        "        _send(event.type, message, ports.queues)\n        deadline.require_call()\n",
        "        deadline.require_call()\n",
        f"{_PROMISES}::test_a_delivery_that_died_before_its_send_is_sent_by_the_next",
    ),
    Flaw(
        "pending-row-nobody-sees",
        "They keep no list of open events, so nobody looks for lost ones.",
        "elizaOS/eliza#10160",
        "src/ledger/events.py",
        '        return item | {"cell": {"S": cell}}\n',
        "        return item\n",
        f"{_SWEEPER}::test_lost_event_is_sent_again",
    ),
    Flaw(
        "pending-row-nobody-reaps",
        "They list pending rows, and nothing sends them again.",
        "LanternOps/breeze#4095",
        "src/sweeper/sweep.py",
        "                    self._resend(kind, opened[kind])\n",
        "                    pass\n",
        f"{_SWEEPER}::test_lost_event_is_sent_again",
    ),
    Flaw(
        "attempt-locks-the-event",
        "They mark an event as in progress; if that attempt crashes or fails, nothing retries it.",
        "langfuse#16500; aws-powertools/powertools-lambda-python#738, #8049",
        "src/ledger/events.py",
        '_NOT_PROCESSED = "attribute_exists(pk) AND #status <> :processed"\n',
        '_NOT_PROCESSED = "#status <> :processed AND attribute_not_exists(attempts)"\n',
        f"{_PROMISES}::test_last_failure_makes_an_event_failed_and_a_later_success_processed",
    ),
    Flaw(
        "dead-letters-nobody-reads",
        "They have a dead-letter queue, and the event's own record does not say that it is there.",
        "JSONbored/loopover#1286",
        "src/sweeper/sweep.py",
        "            self._bury()\n",
        "            pass\n",
        f"{_SWEEPER}::test_event_whose_processor_died_is_failed",
    ),
    Flaw(
        "redrive-deletes-first",
        "They delete a dead letter before they send it again, and lose it if the send fails.",
        "JSONbored/loopover#1286",
        "cli/redriving.py",
        "            sqs.send_message(QueueUrl=target, MessageBody=body)\n"
        '            sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter.message["ReceiptHandle"])\n',
        '            sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter.message["ReceiptHandle"])\n'
        "            sqs.send_message(QueueUrl=target, MessageBody=body)\n",
        f"{_REPLAY}::test_a_letter_is_deleted_only_after_it_was_sent",
    ),
    Flaw(
        "poison-fails-its-batch",
        "One bad record fails its whole batch, again and again.",
        "aws-powertools/powertools-lambda-python#2091",
        "src/messaging/consumer.py",
        "            return process_partial_response(\n"
        "                event, lambda record: consume(record, kind, _tables()), batch, context\n"
        "            )\n",
        '            for record in event["Records"]:\n'
        "                consume(SQSRecord(record), kind, _tables())\n"
        '            return {"batchItemFailures": []}\n',
        f"{_PROMISES}::test_a_poison_record_fails_alone",
    ),
    Flaw(
        "batch-of-failures-raises",
        "They raise if all records of a batch fail, which hides the reasons.",
        "aws-powertools/powertools-lambda-python#4719",
        "src/messaging/consumer.py",
        "raise_on_entire_batch_failure=False",
        "raise_on_entire_batch_failure=True",
        f"{_RACES}::test_message_that_never_succeeds_is_a_dead_letter",
    ),
    Flaw(
        "poison-is-swallowed",
        "They log a bad record, and SQS deletes it.",
        "aws-powertools/powertools-lambda-python#8273",
        "src/messaging/consumer.py",
        "    message = _message(record, kind.name)\n",
        "    try:\n        message = _message(record, kind.name)\n    except MessageUnreadable:\n        return\n",
        f"{_PROMISES}::test_a_poison_record_fails_alone",
    ),
    Flaw(
        "failure-undoes-processed",
        "A late copy that fails turns a finished event into a failed one.",
        "aws-powertools/powertools-lambda-python#4759",
        "src/ledger/events.py",
        '        condition = f"{_NOT_PROCESSED} AND {_SAME_BODY}"\n',
        '        condition = f"(attribute_exists(pk) OR #status <> :processed) AND {_SAME_BODY}"\n',
        f"{_PROMISES}::test_a_failure_never_undoes_processed",
    ),
)

_AGAIN = (
    Flaw(
        "replay-is-deduped",
        "Their replay is deduplicated like a delivery, and is a no-op.",
        "hookdeck/outpost#670",
        "cli/replay.py",
        "            self._queues.send(kind_of(event.type) or event.type, message_of(event))\n",
        "            client = self._stack.client('dynamodb')\n"
        "            ledger = Ledger(lambda: client, self._stack.events_table, 90)\n"
        '            if ledger.keep(event._replace(delivery_id="replay")) is None:\n'
        "                self._queues.send(kind_of(event.type) or event.type, message_of(event))\n",
        f"{_REPLAY}::test_an_event_is_received_again_and_sent",
    ),
    Flaw(
        "replay-acts-again",
        "Their replay acts on processed events without being told to.",
        "KanishJebaMathewM/Truxify#11218",
        "cli/outcomes.py",
        "    if event.status == PROCESSED and not force:\n",
        "    if event.status == PROCESSED and not event.key:\n",
        f"{_REPLAY}::test_processed_events_need_force",
    ),
    Flaw(
        "forced-replay-doubles",
        "A forced replay adds its effects to those of the first time.",
        "KanishJebaMathewM/Truxify#11218",
        "src/ledger/events.py",
        '            f" REMOVE contact, #at, entry, processed_at, {_HISTORY} ADD reopened :one",\n',
        '            f" REMOVE processed_at, {_HISTORY} ADD reopened :one",\n',
        f"{_LEDGER}::test_reopened_event_is_as_if_it_had_just_come",
    ),
    Flaw(
        "two-replays-at-once",
        "Two replays of one event both take it.",
        "KanishJebaMathewM/Truxify#11218",
        "src/ledger/events.py",
        '            "#status = :was",\n',
        '            "#status = :was OR #status = :received",\n',
        f"{_LEDGER}::test_two_replays_at_once_reopen_once",
    ),
    Flaw(
        "sweeper-amplifies-a-backlog",
        "They send every old event again, even if it is still waiting in a backlog.",
        "LanternOps/breeze#4095",
        "src/sweeper/verdict.py",
        "    if waiting == 0:\n",
        "    if waiting >= 0:\n",
        f"{_VERDICT}::test_backlog_is_not_amplified",
    ),
    Flaw(
        "sweeper-without-backoff",
        "They retry at every run, without backoff.",
        "LanternOps/breeze#4095",
        "src/sweeper/verdict.py",
        "    return PATIENCE_SECONDS * 2.0**sweeps\n",
        "    return PATIENCE_SECONDS\n",
        f"{_VERDICT}::test_each_sweep_doubles_the_patience",
    ),
    Flaw(
        "sweeper-without-an-end",
        "They retry for ever, and alert nobody.",
        "LanternOps/breeze#4095",
        "src/sweeper/verdict.py",
        "    stuck = [event for event in due if event.sweeps >= MAX_SWEEPS]\n    due = [event for event in due if event.sweeps < MAX_SWEEPS]\n",
        "    stuck: list[OpenEvent] = []\n",
        f"{_VERDICT}::test_event_without_a_result_after_all_sweeps_is_stuck",
    ),
    Flaw(
        "two-sweeps-at-once",
        "Two concurrent runs both send the same event.",
        "langfuse#16500",
        "src/ledger/events.py",
        '"(attribute_not_exists(sweeps) AND :before = :zero OR sweeps = :before)"',
        '"(attribute_not_exists(sweeps) OR :before >= :zero)"',
        f"{_SWEEPER}::test_two_sweeps_at_once_send_once",
    ),
)

_MEANING = (
    Flaw(
        "outgoing-is-inbound",
        'They look for "in" in the direction, and "Outgoing" contains it.',
        "facts",
        "src/justcall/values.py",
        'word == "i" or word.startswith("in")',
        'word == "i" or "in" in word',
        f"{_UNIT}/justcall/test_models.py::test_outgoing_is_outbound",
    ),
    Flaw(
        "status-is-the-outcome",
        "They show the field `status` as the outcome; it may be Archived.",
        "facts",
        "src/justcall/entries.py",
        "_outcome(call.outcome) or outcome",
        "call.status",
        f"{_UNIT}/processors/test_call_missed.py::test_outcome_is_the_kinds",
    ),
    Flaw(
        "local-time",
        "They read a time without an offset in the machine's zone: hours off on a laptop.",
        "facts",
        "src/justcall/moments.py",
        "moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)",
        "moment.astimezone(UTC)",
        f"{_UNIT}/justcall/test_envelope.py::test_the_machines_own_zone_makes_no_difference",
    ),
    Flaw(
        "update-belongs-to-nobody",
        "They store an update that arrives before its call under nobody.",
        "facts",
        "src/messaging/consumer.py",
        "    contact = entry.number or entry.subjects[0]\n",
        '    contact = entry.number or "unknown"\n',
        f"{_URL_PATH}::test_update_that_names_nobody_is_found_by_its_call",
    ),
    Flaw(
        "order-of-arrival",
        "They order events by arrival, though neither dialect guarantees an order.",
        "stripe/stripe-cli#418",
        "src/messaging/consumer.py",
        "    at = _moment(event, parsed)\n",
        "    at = iso(event.received_at)\n",
        f"{_PROMISES}::test_the_timeline_is_in_the_order_of_event_times",
    ),
    Flaw(
        "late-news-win",
        "An older update that arrives late overwrites a newer one.",
        "google/go-github#2706",
        "src/justcall/timeline.py",
        "    ordered = sorted(entries, key=_order)\n",
        "    ordered = list(entries)\n",
        f"{_UNIT}/justcall/test_timeline.py::test_one_call_is_one_entry",
    ),
)

_LOGS = (
    Flaw(
        "body-in-the-log",
        "They log the payload of a failed event.",
        "PostHog/posthog#67069",
        "src/handler/app.py",
        "    details = {} if refused else cause(error)\n",
        '    details = {"body": event.get("body")}\n',
        f"{_CANARY}::test_handler",
    ),
    Flaw(
        "signature-in-the-log",
        "They log the request's headers, the signature among them.",
        "PostHog/posthog#67069",
        "src/handler/app.py",
        '        "request_id": event["requestContext"].get("requestId"),\n',
        '        "request_id": event["requestContext"].get("requestId"),\n'
        '        "headers": event.get("headers"),\n',
        f"{_CANARY}::test_no_signature_is_told",
    ),
    Flaw(
        "values-in-the-error",
        "Their errors quote the values of fields: numbers and names.",
        "PostHog/posthog#67069",
        "src/messaging/consumer.py",
        "    name = type(error).__name__\n",
        "    name = str(error)\n",
        f"{_CANARY}::test_processors",
    ),
    Flaw(
        "numbers-in-keys",
        "They use phone numbers and addresses as keys, and log the keys.",
        "PostHog/posthog#67069",
        "src/justcall/keys.py",
        """    return text if plain else f"{_HASHED}{content_hash(text.encode(errors='surrogatepass'))}"\n""",
        "    return text\n",
        f"{_KEYS}::test_personal_ids_are_hashed",
    ),
)

_URL_SIGNED = (
    Flaw(
        "timestamp-read-as-a-number",
        "parseInt of `YYYY-MM-DD HH:MM:SS` is the year: every delivery is too old.",
        "facts",
        "src/justcall/url_signature.py",
        "    moment = moment_of(timestamp)\n",
        "    if timestamp[:4].isdigit():\n        return float(timestamp[:4])\n"
        "    moment = moment_of(timestamp)\n",
        f"{_UNIT}/justcall/test_url_signature.py::test_times",
    ),
    Flaw(
        "url-signed-local-time",
        "They read the timestamp in the server's zone, and are hours off.",
        "facts",
        "src/justcall/url_signature.py",
        "    return epoch(moment)\n",
        '    return epoch(moment.replace("Z", "+02:00"))\n',
        f"{_UNIT}/justcall/test_url_signature.py::test_times",
    ),
    Flaw(
        "past-only",
        "They refuse old timestamps and accept future ones.",
        "facts",
        "src/handler/authenticate.py",
        "    if sent_at > delivery.received_at + policy.future_seconds:\n",
        "    if sent_at > delivery.received_at + 10**9:\n",
        f"{_URL}::test_a_time_that_has_not_come_yet",
    ),
    Flaw(
        "five-minute-window",
        "A window of five minutes refuses the last genuine retry, which is six minutes late.",
        "facts",
        "src/handler/authenticate.py",
        "    past_seconds: float = 600.0\n",
        "    past_seconds: float = 300.0\n",
        f"{_URL}::test_within_the_window",
    ),
    Flaw(
        "body-claims-the-url",
        "They verify with the URL that the body claims, and accept events for another receiver.",
        "facts",
        "src/handler/authenticate.py",
        "        rotated = _require_match(matches(policy.urls), secrets, deadline)\n",
        "        rotated = _require_match(matches((str(claimed_url),)), secrets, deadline)\n",
        f"{_URL}::test_a_delivery_for_another_endpoint",
    ),
    Flaw(
        "hmac-over-the-body",
        "They compute the body's HMAC for url-signed deliveries too, and refuse them all.",
        "facts",
        "src/handler/authenticate.py",
        "    if delivery.version is None:\n",
        "    if delivery.version != 'never':\n",
        f"{_URL}::test_every_type_is_accepted",
    ),
    Flaw(
        "status-taken-for-the-outcome",
        "`call_info.status` says Archived; how the call ended is `call_info.type`.",
        "facts",
        "src/justcall/models.py",
        'paths("call_info.type")',
        'paths("call_info.status")',
        f"{_URL_PATH}::test_the_outcome_is_the_type_and_not_the_status",
    ),
    Flaw(
        "recording-in-the-wrong-place",
        "They look for the recording at the top level; it is in `call_info.recording`.",
        "facts",
        "src/justcall/models.py",
        'paths("recording_url", "call_info.recording", "recording")',
        'paths("recording_url", "recording")',
        f"{_URL_PATH}::test_the_recording_is_where_it_is",
    ),
    Flaw(
        "flags-from-the-top-level",
        "They read a contact's flags at the top level, and miss every opt-out: they are in `status`.",
        "facts",
        "src/processors/consent_changed.py",
        '    dnd: Flag | None = flag("status.dnd")\n'
        '    dnm: Flag | None = flag("status.dnm")\n'
        '    blacklist: Flag | None = flag("status.blacklist")\n',
        '    dnd: Flag | None = flag("dnd")\n'
        '    dnm: Flag | None = flag("dnm")\n'
        '    blacklist: Flag | None = flag("blacklist")\n',
        f"{_UNIT}/processors/test_consent_changed.py::test_flags_are_nested_in_either_envelope",
    ),
    Flaw(
        "twins-counted-twice",
        "They show one text as two: `sms.sent_received` overlaps `sms.received`.",
        "facts",
        "src/justcall/subjects.py",
        'names = (f"{thing}:{product',
        'names = (f"{envelope.type}:{product',
        f"{_URL_PATH}::test_twins_are_joined",
    ),
    Flaw(
        "late-consent-wins",
        "An older opt-in that arrives late overwrites an opt-out, and somebody is fined.",
        "facts; stripe/stripe-cli#418",
        "src/messaging/consumer.py",
        "    since = min(at, iso(event.received_at))\n",
        "    since = iso(event.received_at)\n",
        f"{_URL_PATH}::test_opting_out_by_text",
    ),
    Flaw(
        "same-again-is-swallowed",
        "A flag is set, cleared and set again: they treat the third event as a copy of the first.",
        "facts",
        "src/justcall/keys.py",
        "    when = None if envelope.type in ONCE else sent_at\n",
        "    when = None\n",
        f"{_URL_PATH}::test_consent_is_what_was_said_last",
    ),
)

GROUPS: dict[str, tuple[Flaw, ...]] = {
    "The url-signed dialect": _URL_SIGNED,
    "Authentication": _AUTHENTICITY,
    "The probe": _PROBE,
    "Answers": _ANSWERS,
    "Idempotency": _IDENTITY,
    "Lost events": _LOSS,
    "Replays and sweeps": _AGAIN,
    "Meaning": _MEANING,
    "Logs": _LOGS,
}
FLAWS = tuple(flaw for group in GROUPS.values() for flaw in group)


def rows() -> str:
    """Return the tables of docs/flaws.md."""
    lines: list[str] = []
    for title, flaws in GROUPS.items():
        lines += [f"### {title}", "", "| flaw | what others do | source | test that goes red |"]
        lines.append("|---|---|---|---|")
        lines += [
            f"| `{flaw.name}` | {flaw.others} | {flaw.source} |"
            f" `{flaw.test.split('::')[1]}` in `{flaw.test.split('::')[0]}` |"
            for flaw in flaws
        ]
        lines.append("")
    return "\n".join(lines).rstrip()


def filled(text: str) -> str:
    """Return the document with its tables regenerated."""
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n\n{rows()}\n\n{_END}{tail}"


if __name__ == "__main__":
    DOCUMENT.write_text(filled(DOCUMENT.read_text()))
