"""What the stack has of the user's own, key by key: a template says it, and no plan does.

A file says the same in the same words, so that the two can be compared.
"""

from collections.abc import Callable, Iterable, Mapping

from infra.config.files.durations import DAY, spoken
from infra.config.own import Own
from operate.plan.said import NOTHING, Said
from operate.plan.template import Json, Resources, of_type


def own_said(own: Own) -> Said:
    """Say it of a file."""
    vpc = [*own.vpc.subnets, *own.vpc.security_groups] if own.vpc else []
    # With both a bus and a topic of the user's, nothing of the stack's is there to listen to.
    listens = None if own.bus and own.topic else own.organization
    return {
        "organization": listens or NOTHING,
        "topic": own.topic or NOTHING,
        "bus": own.bus or NOTHING,
        "key": own.key or NOTHING,
        "permissions_boundary": own.permissions_boundary or NOTHING,
        "vpc": _some(vpc),
        "tags": _some(f"{key}={value}" for key, value in own.tags.items()),
        "log_retention": spoken(own.log_retention),
    }


def own_of(resources: Resources) -> Said:
    """Say it of a template, as far as there are resources by which it shows.

    :raises LookupError, TypeError, AttributeError: where it is none of Jobwatch's, or an old one.
    """
    found = {key: [*of_type(resources, *kinds)] for key, (kinds, _) in _READ.items()}
    return {
        key: next(filter(None, map(_READ[key][1], some)), NOTHING)
        for key, some in found.items()
        if some
    }


def _organization(properties: Json) -> str:
    policy = properties.get("PolicyDocument") or properties.get("Policy") or {}
    named = (each for each in policy.get("Statement", ()) if each.get("Sid") == "Organization")
    return next((str(e["Condition"]["StringEquals"]["aws:PrincipalOrgID"]) for e in named), NOTHING)


def _variable(name: str) -> Callable[[Json], str]:
    """Read what a function is told under a name; what the stack itself made is no text."""

    def read(properties: Json) -> str:
        value = properties.get("Environment", {}).get("Variables", {}).get(name)
        return value if isinstance(value, str) else NOTHING

    return read


def _key(properties: Json) -> str:
    return str(properties.get("SSESpecification", {}).get("KMSMasterKeyId", NOTHING))


def _boundary(properties: Json) -> str:
    return str(properties.get("PermissionsBoundary", NOTHING))


def _vpc(properties: Json) -> str:
    vpc = properties.get("VpcConfig", {})
    return _some([*vpc.get("SubnetIds", ()), *vpc.get("SecurityGroupIds", ())])


def _tags(properties: Json) -> str:
    return _some(f"{each['Key']}={each['Value']}" for each in properties.get("Tags", ()))


def _retention(properties: Json) -> str:
    days = properties.get("RetentionInDays")
    return spoken(int(days) * DAY) if days else NOTHING


_FUNCTION = ("AWS::Lambda::Function",)
_READ: Mapping[str, tuple[tuple[str, ...], Callable[[Json], str]]] = {
    "organization": (("AWS::Events::EventBus", "AWS::SNS::TopicPolicy"), _organization),
    "topic": (_FUNCTION, _variable("ALERT_TOPIC_ARN")),
    "bus": (_FUNCTION, _variable("EVENT_BUS_NAME")),
    "key": (("AWS::DynamoDB::Table",), _key),
    "permissions_boundary": (("AWS::IAM::Role",), _boundary),
    "vpc": (_FUNCTION, _vpc),
    "tags": (_FUNCTION, _tags),
    "log_retention": (("AWS::Logs::LogGroup",), _retention),
}
"""The types of resources by which each key shows, and how it is read off one of them."""


def _some(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
