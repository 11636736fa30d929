"""Where AWS offers a source: to name another region is a mistake, to deploy to one is not."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml

from infra.config.aws.regions import offered_in, partition_of, regions
from infra.config.derived import offered_in as row_offered_in
from infra.config.files.documents import Document
from infra.config.files.mistakes import Mistakes
from infra.config.places import check_regions
from infra.config.rows import Row, read_catalogue
from lambdas.lanes import turns_of
from lambdas.plan import Plan
from tests.catalogue import compile_plan, ours
from tests.flow import make_plan
from tests.values import NOW

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "catalogue"
SES, DATA = "sesv2.import-jobs", "dataexchange.jobs"
ACCOUNT = "123456789012"


def told(folder: Path, **watches: Mapping[str, Any]) -> list[str]:
    """What the synth says of some watches, without the file's name."""
    file = folder / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": watches}, sort_keys=False), encoding="utf-8")
    try:
        compile_plan(file, CATALOGUE)
    except Mistakes as found:
        return [str(mistake).removeprefix(f"{file}:") for mistake in found.mistakes]
    return []


def row(source: str = SES, **fields: Any) -> Row:
    return replace(ours().rows[source], **fields)


def told_of(row: Row, *named: str) -> list[str]:
    """What is said of the regions of a watch of a row that no file has."""
    watches = {"w": {"source": row.id, "regions": [*named]}}
    document = Document("watches.yaml", {"watches": watches}, {(): 1})
    catalogue = replace(ours(), rows={row.id: row})
    return [str(mistake) for mistake in check_regions(document, catalogue, watches)]


def plan_of(folder: Path, **watches: Mapping[str, Any]) -> Plan:
    return make_plan(folder, watches)


def test_a_source_knows_where_aws_offers_it() -> None:
    offered = offered_in("dataexchange") or frozenset()
    assert {"eu-west-1", "us-east-1", "ap-northeast-1"} <= offered
    assert not {"eu-south-2", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"} & offered
    assert (offered_in("dynamodb") or frozenset()) >= {*regions()}


def test_a_region_without_the_source_is_a_mistake_that_names_the_nearest_with_it(
    tmp_path: Path,
) -> None:
    """A2."""
    named = ["eu-west-1", "eu-south-2", "sa-east-1"]
    assert told(tmp_path, w={"source": DATA, "regions": named}) == [
        (
            '6: watches.w.regions[1]: found "eu-south-2", expected a region where AWS offers '
            "dataexchange.jobs, such as eu-west-2, eu-west-1, eu-central-1"
        ),
        (
            '7: watches.w.regions[2]: found "sa-east-1", expected a region where AWS offers '
            "dataexchange.jobs, such as us-east-1, us-east-2, us-west-1"
        ),
    ]


def test_where_no_region_of_the_partition_has_it_none_is_named(tmp_path: Path) -> None:
    assert told(tmp_path, w={"source": SES, "regions": ["cn-north-1"]}) == [
        (
            '5: watches.w.regions[0]: found "cn-north-1", expected a region outside of aws-cn, '
            "where AWS does not offer sesv2.import-jobs"
        )
    ]


def test_the_watch_of_another_source_is_not_blamed(tmp_path: Path) -> None:
    ses = {"source": SES, "regions": ["eu-south-2"]}
    assert told(tmp_path, a=ses, b={"source": DATA}) == []


def test_a_service_of_which_botocore_knows_no_region_may_be_anywhere() -> None:
    unknown = row(service="iam-toolbox")
    assert offered_in("iam-toolbox") is None
    assert row_offered_in(unknown) == regions()
    assert told_of(unknown, "eu-south-2", "ap-east-1") == []


def test_a_row_may_name_regions_that_botocore_does_not_know_yet() -> None:
    assert told_of(row(DATA, also_in=("eu-south-2",)), "eu-south-2") == []
    assert len(told_of(row(DATA, also_in=("eu-south-2",)), "eu-south-1")) == 1


def test_jobs_may_be_offered_in_fewer_regions_than_their_service() -> None:
    translate = row("translate.text-translation-jobs")
    assert "ap-east-1" in (offered_in("translate") or ())
    assert len(told_of(translate, "ap-east-1")) == 1
    (told_,) = told_of(translate, "sa-east-1")
    assert "ap-east-1" not in str(told_)
    assert told_of(translate, "eu-west-1") == []


def test_the_regions_that_a_row_adds_stand_in_its_file(tmp_path: Path) -> None:
    text = (CATALOGUE / "dataexchange.yaml").read_text(encoding="utf-8")
    for file in CATALOGUE.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "dataexchange.yaml").write_text(f"also_in: [eu-south-2, nope]\n{text}")
    (mistake,) = read_catalogue(tmp_path).mistakes
    assert str(mistake).endswith(
        'also_in[1]: found "nope", expected a region of AWS, such as eu-west-1'
    )
    (tmp_path / "dataexchange.yaml").write_text(f"also_in: [eu-south-2]\n{text}")
    assert "eu-south-2" in row_offered_in(read_catalogue(tmp_path).rows[DATA])


def test_a_global_service_is_in_every_region_of_its_partition_and_asked_in_one() -> None:
    everywhere = row(service="cloudfront")
    assert told_of(everywhere, "eu-south-2") == []
    assert told_of(everywhere, "eu-west-1", "us-east-1") == [
        (
            'watches.yaml:1: watches.w.regions[1]: found "us-east-1", expected one region alone, '
            "as cloudfront is global: each tells the same jobs"
        )
    ]
    assert len(told_of(everywhere, "us-gov-west-1")) == 1


def test_a_stack_reads_in_one_partition(tmp_path: Path) -> None:
    one = {"source": "dynamodb.exports", "regions": ["cn-north-1"]}
    two = {"source": "dynamodb.exports", "regions": ["eu-west-1", "us-gov-west-1", "us-east-1"]}
    words = "expected a region of aws, as most are in this file: a stack reads one partition"
    assert told(tmp_path, one=one, two=two) == [
        f'5: watches.one.regions[0]: found "cn-north-1", {words}',
        f'10: watches.two.regions[1]: found "us-gov-west-1", {words}',
    ]
    assert told(tmp_path, one=one) == []


def test_the_plan_says_where_a_source_is_not_that_may_be_watched_anywhere(tmp_path: Path) -> None:
    named = {"source": "translate.text-translation-jobs", "regions": ["eu-west-1"]}
    everywhere = {"source": "dynamodb.exports"}
    plan = plan_of(tmp_path, a={"source": DATA}, b={"source": SES}, c=named, d=everywhere)
    assert list(plan.not_offered) == [DATA, SES]
    assert {"eu-south-2", "cn-north-1"} <= {*plan.not_offered[DATA]}
    assert "eu-west-1" not in plan.not_offered[DATA]


def test_the_plan_tells_sources_of_a_service_apart_that_are_offered_elsewhere(
    tmp_path: Path,
) -> None:
    for file in CATALOGUE.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        here = "    list:\n      operation: ListImportJobs"
        fewer = text.replace(here, f"    offered: [eu-west-1]\n{here}")
        (tmp_path / file.name).write_text(fewer, encoding="utf-8")
    watches = tmp_path / "watches" / "watches.yaml"
    watches.parent.mkdir()
    both = {"imports": {"source": SES}, "exports": {"source": "sesv2.export-jobs"}}
    watches.write_text(yaml.safe_dump({"watches": both}), encoding="utf-8")
    plan = compile_plan(watches, tmp_path).plan
    here = {
        name: plan.regions_of(watch, source, "us-east-1")
        for name, watch in plan.watches.items()
        for source in watch.sources
    }
    assert here == {"imports": (), "exports": ("us-east-1",)}


def test_a_region_that_the_plan_does_not_know_is_one_where_all_is_offered(tmp_path: Path) -> None:
    """Better a watch that can't be read than one that silently is not."""
    plan = plan_of(tmp_path, w={"source": DATA})
    assert plan.regions_of(plan.watches["w"], DATA, "eu-west-9") == ("eu-west-9",)


@pytest.mark.parametrize("region", regions())
def test_what_ships_has_lanes_in_every_region_for_what_aws_offers_there(region: str) -> None:
    """A2."""
    plan = compile_plan(ROOT / "watches.yaml", CATALOGUE).plan
    turns = turns_of(plan, plan.watches.values(), (ACCOUNT, region), NOW, NOW)
    session, partition = botocore.session.Session(), partition_of(region)
    services = {source.service for source in plan.sources.values()}
    assert {turn.service for turn in turns} == {
        each for each in services if region in session.get_available_regions(each, partition)
    }
    assert {turn.region for turn in turns} <= {region}


def test_a_watch_that_names_its_regions_has_lanes_wherever_the_stack_is(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, w={"source": DATA, "regions": ["eu-west-1"]})
    (turn,) = turns_of(plan, plan.watches.values(), (ACCOUNT, "eu-south-2"), NOW, NOW)
    assert turn.region == "eu-west-1"
