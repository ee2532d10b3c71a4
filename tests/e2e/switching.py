"""Features of the stack under test, switched on and off."""

from typing import Any

from botocore.exceptions import WaiterError

from tests.e2e.conftest import Stack


def switch(stack: Stack, **values: str) -> None:
    """Update parameters of the stack. `sam deploy` would upload every function again.

    Raises AssertionError with CloudFormation's reasons.
    """
    cloudformation, name = stack.client("cloudformation"), stack.described["stack_name"]
    [described] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    others = {one["ParameterKey"] for one in described["Parameters"]} - values.keys()
    cloudformation.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=[
            *({"ParameterKey": one, "ParameterValue": value} for one, value in values.items()),
            *({"ParameterKey": one, "UsePreviousValue": True} for one in sorted(others)),
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    waiter = cloudformation.get_waiter("stack_update_complete")
    try:
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    except WaiterError as error:
        raise AssertionError("\n".join(_failures(cloudformation))) from error


def _failures(cloudformation: Any) -> list[str]:
    """Return what failed in any stack, the nested ones too, newest first."""
    return [
        f"{event['StackName']} {event['LogicalResourceId']} {event['ResourceStatus']}: {reason}"
        for one in cloudformation.describe_stacks()["Stacks"]
        for event in cloudformation.describe_stack_events(StackName=one["StackId"])["StackEvents"]
        if "FAILED" in event["ResourceStatus"] and (reason := event.get("ResourceStatusReason"))
    ]
