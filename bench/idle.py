"""What the stack costs in a month without a single event, by AWS's list prices of us-east-1.

Prices without free tiers, from AWS's price pages (2026-11). A month has 30 days.
"""

from collections import Counter

from bench.cost import LAMBDA_REQUEST, SQS_REQUEST

ALARM, DASHBOARD, SECRET, METRIC = 0.10, 3.00, 0.40, 0.30
# Lambda reads a queue with five long polls of 20 seconds, also if it is empty
# [Lambda Developer Guide, scaling of SQS mappings].
_POLLS = 30 * 86_400 / 20 * 5
_RUNS = 30 * 24 * 60
# A run of the sweeper: 512 MB for about 0.2 s, 16 queries of half a read unit, 11 requests to SQS.
_GB_SECOND, _READ_UNIT = 0.0000133334, 0.125
_SCHEDULE = 1.00
# The sweeper writes one metric in every run.
_METRICS = 1
_MILLION = 1_000_000


def parts(resources: Counter[str]) -> dict[str, float]:
    """Return the dollars of a month by what they are for."""
    mappings = resources["AWS::Lambda::EventSourceMapping"]
    run = (LAMBDA_REQUEST + _SCHEDULE + 16 * 0.5 * _READ_UNIT + SQS_REQUEST) / _MILLION
    return {
        "polls of empty queues": mappings * _POLLS * SQS_REQUEST / _MILLION,
        "alarms": resources["AWS::CloudWatch::Alarm"] * ALARM,
        "secret": resources["AWS::SecretsManager::Secret"] * SECRET,
        "metric": _METRICS * METRIC,
        "sweeper": _RUNS * (run + 0.5 * 0.2 * _GB_SECOND),
        "dashboard": resources["AWS::CloudWatch::Dashboard"] * DASHBOARD,
    }
