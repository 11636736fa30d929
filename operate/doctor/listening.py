"""Who is brought what, as it is in AWS: the rules of buses, and the filters of subscriptions."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from operate.doctor.here import Here
from operate.doctor.references import of_type, resolved

USUAL_SCOPE = "MessageAttributes"
"""What a filter policy is held against where nothing is said."""
Settings = Mapping[str, Any]


def rules(here: Here) -> Mapping[str, Settings]:
    """Give the rules of the stack, by their ids in AWS."""
    rules = of_type(here, "AWS::Events::Rule")
    return {id_: _rule(here, id_, properties) for id_, properties in rules.items()}


def _rule(here: Here, id_: str, properties: Settings) -> Settings:
    """Read a rule and its targets; nothing of one that is gone."""
    client, name = here.clients("events"), re.split("[/|]", id_)[-1]
    of_bus = {"EventBusName": resolved(here, properties["EventBusName"])}
    try:
        found = client.describe_rule(Name=name, **of_bus)
        targets = client.list_targets_by_rule(Rule=name, **of_bus).get("Targets", ())
    except client.exceptions.ResourceNotFoundException:
        return {}
    pattern = json.loads(found.get("EventPattern") or "{}")
    return {**found, "EventPattern": pattern, "Targets": [*map(_target, targets)]}


def _target(target: Settings) -> Settings:
    """Give a target; what EventBridge puts behind a destination's name, no template knows."""
    arn = target["Arn"]
    return {**target, "Arn": arn.rpartition("/")[0] if ":api-destination/" in arn else arn}


def subscriptions(here: Here) -> Mapping[str, Settings]:
    """Give the filters of the stack's subscriptions; of what is gone, another check tells."""
    client, found = here.clients("sns"), dict[str, Settings]()
    for arn in of_type(here, "AWS::SNS::Subscription"):
        with suppress(client.exceptions.NotFoundException):
            said = client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
            scope = said.get("FilterPolicyScope") or USUAL_SCOPE
            found[arn] = {
                "FilterPolicy": json.loads(said.get("FilterPolicy") or "{}"),
                "FilterPolicyScope": None if scope == USUAL_SCOPE else scope,
            }
    return found
