"""What the poll function's role may read as it is deployed: its policies in the template.

A plan has no row's permissions, and the rows that are here may be others than those of then.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from infra.config.permissions import permissions_of, roles_of
from infra.config.policies import MORE, READ_JOBS, cut
from infra.config.rows import Row
from infra.config.statements import TO_LIST_ACCOUNTS, assuming, document, fill_in, reading
from lambdas.plan import Plan
from operate.plan.permissions import POLL, Allowed, models_of, pairs_of
from operate.plan.template import Json, Resources, of_type

_PSEUDO = {"AWS::Partition": "partition", "AWS::Region": "region", "AWS::AccountId": "account"}
Place = Mapping[str, str]
"""The partition, the region and the account of the stack."""


def granted(resources: Resources, place: Place) -> set[Allowed]:
    """Give what is allowed by the policies of a template; nothing where it has none of ours.

    :raises LookupError, TypeError, AttributeError: where it is of another make.
    """
    inline = (e for e in of_type(resources, "AWS::IAM::Policy") if e.get("PolicyName") == READ_JOBS)
    more = (
        each
        for each in of_type(resources, "AWS::IAM::ManagedPolicy")
        if each.get("Description") == MORE
    )
    documents = (each["PolicyDocument"] for each in (*inline, *more))
    return {each for policy in documents for each in _said(_filled(policy, place))}


def would_grant(plan: Plan, rows: Mapping[str, Row], place: Place, kept: int) -> set[Allowed]:
    """Give what the policies of a plan would allow by the rows that are here.

    `kept` is what of the role's room is kept, as where they are many some are said together.

    :raises TooLargeError: when no role can hold them.
    """
    statements = [
        *reading(permissions_of(pairs_of(plan, rows))),
        *assuming(roles_of(models_of(plan))),
        *([TO_LIST_ACCOUNTS] if plan.units else []),
    ]
    said = (each for policy in cut(statements, kept) for each in policy)
    return {*_said(document(said, lambda template: fill_in(template, **place)))}


def _said(policy: Json) -> Iterator[Allowed]:
    for each in policy["Statement"]:
        named = each.get("Condition", {}).get("StringLike", {}).get("aws:RequestedRegion", "")
        regions = [f" in {region}" if region else "" for region in _listed(named)]
        for action, resource, there in product(
            _listed(each["Action"]), _listed(each["Resource"]), regions
        ):
            yield Allowed(POLL, action, f"{resource}{there}")


def _listed(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else [value]


def _filled(value: Any, place: Place) -> Any:
    """Put what they are in the place of references to partition, region and account."""
    match value:
        case {"Ref": str() as name}:
            return place[_PSEUDO[name]]
        case {"Fn::Join": ["", list() as parts]}:
            return "".join(_filled(each, place) for each in parts)
        case Mapping():
            return {key: _filled(each, place) for key, each in value.items()}
        case list():
            return [_filled(each, place) for each in value]
    return value
