"""Where recipients are, and what each address hears: a template says it, and no plan does.

A file says the same in the same words, so that the two can be compared.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.config.plan import Compiled
from infra.config.receivers import ENDPOINTS, PagerDuty, Slack, Teams
from infra.config.watches import Recipient
from infra.subscriptions import filters
from lambdas.plan import EMAIL
from operate.plan.said import Said
from operate.plan.template import Json, Resources, of_type

_SECRET = re.compile(r"\{\{resolve:secretsmanager:(.+):SecretString:(.*?)::\}\}")
"""How a template refers to a pager's key: by the secret, and the key in its JSON if it has one."""
_CHATS: Mapping[str, Sequence[str]] = {
    "AWS::Chatbot::SlackChannelConfiguration": ("SlackWorkspaceId", "SlackChannelId"),
    "AWS::Chatbot::MicrosoftTeamsChannelConfiguration": (
        *("TeamsTenantId", "TeamId", "TeamsChannelId"),
    ),
}


def recipients_said(compiled: Compiled) -> Said:
    """Say of a file where its recipients are that are not of email, and what addresses hear."""
    recipients = compiled.recipients.items()
    heard = filters(compiled.emails, compiled.recipients)
    return {
        **{name: _place(each) for name, each in recipients if each.kind != EMAIL},
        **{address: _heard(policy) for address, policy in heard.items()},
    }


def is_recipient(key: str) -> bool:
    """Tell whether it is a recipient by its name; an address that is new stands with the emails."""
    return "@" not in key


def recipients_of(resources: Resources) -> Said:
    """Say the same of a template.

    :raises LookupError, TypeError, AttributeError: where it is none of Jobwatch's, or an old one.
    """
    return {**dict(_behind_bus(resources)), **dict(_addresses(resources))}


def _place(recipient: Recipient) -> str:
    return _told(_parts(getattr(recipient, recipient.kind)), recipient.states)


def _parts(where: Slack | Teams | PagerDuty | str) -> Sequence[str]:
    match where:
        case Slack():
            return (where.workspace, where.channel)
        case Teams():
            return (where.tenant, where.team, where.channel)
        case PagerDuty():
            return (where.secret, where.key or "", where.region)
    return (where,)


def _told(parts: Sequence[str], states: Sequence[str]) -> str:
    return f"{' '.join(filter(None, parts))} ({', '.join(states)})"


def _behind_bus(resources: Resources) -> Iterator[tuple[str, str]]:
    for rule in of_type(resources, "AWS::Events::Rule"):
        detail = rule["EventPattern"]["detail"]
        for name in detail.get("to", ()):
            parts = _led_to(resources, rule["Targets"][0]["Arn"])
            yield name, _told(parts, detail["state"])


def _led_to(resources: Resources, target: Any) -> Sequence[str]:
    """Name what a rule leads to: a chat by the topic that its channel hears, a pager, a topic."""
    match target:
        case {"Ref": str()}:
            channels = (
                [str(channel[name]) for name in names]
                for kind, names in _CHATS.items()
                for channel in of_type(resources, kind)
                if target in channel["SnsTopicArns"]
            )
            return next(channels, ())
        case {"Fn::GetAtt": [str() as name, _]}:
            return _pager(resources, resources[name]["Properties"])
    return (str(target),)


def _pager(resources: Resources, destination: Json) -> Sequence[str]:
    connection = resources[destination["ConnectionArn"]["Fn::GetAtt"][0]]["Properties"]
    given = connection["AuthParameters"]["InvocationHttpParameters"]["BodyParameters"]
    value, endpoint = str(given[0]["Value"]), str(destination["InvocationEndpoint"])
    found = _SECRET.fullmatch(value)
    regions = {each: region for region, each in ENDPOINTS.items()}
    return (*(found.groups() if found else (value,)), regions.get(endpoint, endpoint))


def _addresses(resources: Resources) -> Iterator[tuple[str, str]]:
    for each in of_type(resources, "AWS::SNS::Subscription"):
        if "FilterPolicy" in each:  # those to alarms have none
            yield each["Endpoint"], _heard(each["FilterPolicy"])


def _heard(policy: Json) -> str:
    """Say which alerts a filter lets through: to whom they are, and in which states."""
    return "; ".join(map(_alerts, policy.get("$or", [policy])))


def _alerts(let: Json) -> str:
    states = (each for each in let["state"] if isinstance(each, str))
    whose = f"those to {', '.join(let['to'])}" if "to" in let else "all"
    return f"{whose} ({', '.join(states)})"
