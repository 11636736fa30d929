"""The console's host in each region, which the plan has by the patterns of the partitions."""

import re

import botocore.session
import pytest

from infra.config.aws.regions import CONSOLES, consoles, partition_of, regions
from lambdas.plan import Plan
from tests.flow import make_plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(tmp_path_factory.mktemp("plan"), {"w": {"source": "sesv2.import-jobs"}})


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("mx-central-1", "mx-central-1.console.aws.amazon.com"),
        ("cn-northwest-1", "cn-northwest-1.console.amazonaws.cn"),
        ("us-gov-east-1", "us-gov-east-1.console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
        ("us-iso-east-1", None),
        ("us-isob-east-1", None),
        ("eu-isoe-west-1", None),
        ("eu-west-9", "eu-west-9.console.aws.amazon.com"),
        ("xx-somewhere-1", None),
    ],
)
def test_the_console_is_that_of_the_regions_partition_or_none(
    plan: Plan, region: str, host: str | None
) -> None:
    """A14."""
    assert plan.console_of(region) == host


def test_each_region_is_in_one_partition_by_name_and_by_pattern() -> None:
    for region in regions():
        fits = [host for pattern, host in consoles().items() if re.match(pattern, region)]
        known = CONSOLES.get(partition_of(region) or "")
        assert fits == ([known] if known else [])


def test_a_console_is_in_the_domain_where_botocore_signs_in() -> None:
    loader = botocore.session.Session().get_component("data_loader")
    rules = str(loader.load_service_model("signin", "endpoint-rule-set-1"))
    for host in CONSOLES.values():
        assert f"https://{{Region}}.{host.replace('console', 'signin', 1)}'" in rules
