"""`source`, `except` and `defaults`: what a watch of several sources comes to in the plan."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config.files.mistakes import Mistakes
from infra.config.plan import Compiled
from infra.config.sources import wanted
from infra.config.watches import Defaults
from infra.cost.reckoning import reckon
from infra.summary import summary
from tests.catalogue import CATALOGUE, compile_plan, ours

IDS = ("a.jobs", "a.runs", "b.jobs")


def compiled(folder: Path, watches: dict[str, Any], **top: Any) -> Compiled:
    file = folder / "watches.yaml"
    file.write_text(yaml.safe_dump({"watches": watches, **top}), encoding="utf-8")
    return compile_plan(file, CATALOGUE)


def sources(folder: Path, **watch: Any) -> dict[str, tuple[str, ...]]:
    return dict(compiled(folder, {"w": watch}).plan.watches["w"].sources)


@pytest.mark.parametrize(
    ("source", "except_", "expected"),
    [
        ("a.jobs", (), {"a.jobs": True}),
        ("a.*", (), {"a.jobs": False, "a.runs": False}),
        ("*.jobs", (), {"a.jobs": False, "b.jobs": False}),
        ("?.r*", (), {"a.runs": False}),
        ("[ab].jobs", "b.*", {"a.jobs": False}),
        (["a.*", "b.jobs"], (), {"a.jobs": False, "a.runs": False, "b.jobs": True}),
        (["a.runs", "a.*"], (), {"a.runs": True, "a.jobs": False}),
        (["a.*", "a.runs"], ["a.jobs"], {"a.runs": True}),
        ("A.*", (), {}),
        (None, {}, {}),
    ],
)
def test_ids_and_patterns_mean_sources_but_for_those_that_are_taken_out(
    source: Any, except_: Any, expected: dict[str, bool]
) -> None:
    assert wanted(source, except_, IDS) == expected


def test_a_pattern_means_every_source_that_it_fits(tmp_path: Path) -> None:
    ids = [name for name in ours().ids if name.startswith("comprehend.")]
    assert [*sources(tmp_path, source="comprehend.*")] == sorted(ids)
    assert len(ids) > 5


def test_a_pattern_leaves_out_what_has_no_jobs_that_include_may_take_in(tmp_path: Path) -> None:
    watch = {"source": ["dataexchange.*", "comprehend.*"], "include": {"name": ["prod-*"]}}
    found = compiled(tmp_path, {"w": watch})
    assert "comprehend.sentiment-detection-jobs" in found.plan.sources
    unnamed = [name for name in ours().ids if name.startswith("dataexchange.")]
    assert {*unnamed} <= {*found.unfit}
    assert not {*found.unfit} & found.plan.sources.keys()
    said = "\n".join(summary(found, reckon(found), "watches.yaml"))
    assert "dataexchange.jobs: no job there can fit `include`" in said
    of_types = {"source": ["dataexchange.*", "rds.*"], "include": {"type": ["IMPORT_*"]}}
    assert [*compiled(tmp_path, {"w": of_types}).plan.sources] == ["dataexchange.jobs"]


def test_a_pattern_of_which_no_list_tells_what_exclude_names_leaves_out_nothing(
    tmp_path: Path,
) -> None:
    exclude = {"exclude": {"type": ["IMPORT_*"], "id": ["test-*"]}}
    found = compiled(tmp_path, {"w": {"source": "sesv2.import-*", **exclude}})
    assert found.vain == (("w", "type"),)
    said = [*summary(found, reckon(found), "watches.yaml")]
    assert "  warning  w: exclude.type leaves out no job, as no list there tells it" in said
    told = compiled(tmp_path, {"w": {"source": ["sesv2.*", "dataexchange.*"], **exclude}})
    assert told.vain == ()
    with pytest.raises(Mistakes, match="does not tell a job's type"):
        compiled(tmp_path, {"w": {"source": ["sesv2.import-jobs", "sesv2.i*"], **exclude}})


def test_failures_in_a_row_are_not_counted_where_no_job_has_a_name(tmp_path: Path) -> None:
    watches = {
        "nameless": {"source": "dataexchange.jobs"},
        "one-of-two": {"source": ["dataexchange.jobs", "sagemaker.training-jobs"]},
        "at-once": {"source": "sesv2.import-jobs", "alerts": {"after": 1}},
    }
    found = compiled(tmp_path, watches, alerts={"after": 2})
    said = [each for each in summary(found, reckon(found), "watches.yaml") if "after" in each]
    assert said == ["  warning  `after` counts no failure of nameless: no job there has a name"]


def test_of_many_cadences_the_quickest_and_the_slowest_are_named(tmp_path: Path) -> None:
    def polls(count: int) -> str:
        each = [f"{60 + 15 * number} minutes" for number in range(count)]
        watches = {f"w{n}": {"source": "sesv2.import-jobs", "every": e} for n, e in enumerate(each)}
        found = compiled(tmp_path, watches)
        return next(s for s in summary(found, reckon(found), "watches.yaml") if "polls" in s)

    assert polls(2).startswith("  polls    every hour and 75 minutes, in ")
    assert polls(30).startswith("  polls    every hour to 495 minutes in 30 cadences, in ")


def test_a_pattern_leaves_out_what_is_not_offered_in_a_named_region(tmp_path: Path) -> None:
    patterns = ["sesv2.*", "dataexchange.jobs*"]
    found = sources(tmp_path, source=patterns, regions=["sa-east-1"])
    assert [*found] == ["sesv2.export-jobs", "sesv2.import-jobs"]
    both = sources(tmp_path, source=patterns, regions=["us-east-1", "sa-east-1"])
    assert both["dataexchange.jobs"] == ("us-east-1",)


def test_a_pattern_looks_at_a_global_source_in_one_of_the_regions(tmp_path: Path) -> None:
    """In each of them, its jobs are the same."""
    found = sources(
        tmp_path, source=["organizations.*", "sesv2.*"], regions=["us-east-1", "eu-west-1"]
    )
    assert found["organizations.create-account-status"] == ("us-east-1",)
    assert found["sesv2.import-jobs"] == ("us-east-1", "eu-west-1")


class TestASourceThatMustHaveFor:
    ENDLESS = "athena.calculation-executions"

    def test_is_left_out_of_a_pattern(self, tmp_path: Path) -> None:
        found = compiled(tmp_path, {"w": {"source": "athena.*"}})
        assert self.ENDLESS not in found.plan.watches["w"].sources
        assert found.left_out == (self.ENDLESS,)
        said = [*summary(found, reckon(found), "watches.yaml")]
        assert f"  left out {self.ENDLESS}: only with `for`, in a watch of its own" in said

    def test_is_not_said_to_be_left_out_where_another_watch_has_it(self, tmp_path: Path) -> None:
        named = {"source": self.ENDLESS, "for": {"WorkGroup": "w", "SessionId": "s"}}
        found = compiled(tmp_path, {"w": {"source": "athena.*"}, "s": named})
        assert found.left_out == ()

    def test_is_a_mistake_where_it_is_written_out(self, tmp_path: Path) -> None:
        with pytest.raises(Mistakes, match=r"WorkGroup: found nothing, expected an id"):
            sources(tmp_path, source=["athena.*", self.ENDLESS])

    def test_is_a_mistake_where_a_pattern_means_nothing_else(self, tmp_path: Path) -> None:
        with pytest.raises(Mistakes, match=r"WorkGroup: found nothing, expected an id"):
            sources(tmp_path, source="athena.calculation-*")

    def test_is_watched_by_a_pattern_with_for(self, tmp_path: Path) -> None:
        given = {"WorkGroup": "w", "SessionId": "s"}
        found = sources(tmp_path, source="athena.calculation-*", **{"for": given})
        assert [*found] == [self.ENDLESS]


def test_a_watch_says_what_the_defaults_say_unless_it_says_otherwise(tmp_path: Path) -> None:
    defaults = {
        "every": "5 minutes",
        "idle_every": "1 hour",
        "stalled_after": "2 hours",
        "regions": ["us-east-1"],
        "accounts": [{"id": "111122223333", "role": "reader"}],
    }
    watches = {
        "as-said": {"source": "sesv2.import-jobs"},
        "otherwise": {"source": "sesv2.*", "every": "10 minutes", "regions": ["eu-west-1"]},
    }
    plan = compiled(tmp_path, watches, defaults=defaults).plan
    said, otherwise = plan.watches["as-said"], plan.watches["otherwise"]
    assert (said.every, said.idle_every, said.stalled_after) == (300, 3_600, 7_200)
    assert said.sources == {"sesv2.import-jobs": ("us-east-1",)}
    assert [account.id for account in said.accounts] == ["111122223333"]
    assert (otherwise.every, otherwise.idle_every) == (600, 3_600)
    assert {*otherwise.sources.values()} == {("eu-west-1",)}
    assert otherwise.accounts == said.accounts


@pytest.mark.parametrize("defaults", [True, False])
def test_a_key_without_a_value_is_as_if_left_out_and_no_default_takes_its_place(
    tmp_path: Path, defaults: bool
) -> None:
    said = {
        "every": "5 minutes",
        "idle_every": "1 hour",
        "discover_every": "30 minutes",
        "stalled_after": "2 hours",
        "max_duration": "2 hours",
        "include": {"id": ["a*"]},
        "exclude": {"id": ["ab*"]},
        "expect": {"within": "1 day"},
        "alerts": {"severity": "critical"},
        "regions": ["us-east-1"],
        "accounts": [{"id": "111122223333", "role": "reader"}],
        "organization": {"units": ["ou-abcd-11111111"], "role": "reader"},
    }
    assert said.keys() == Defaults.model_fields.keys()
    source = {"source": "sesv2.import-jobs"}
    watches = {"undone": source | dict.fromkeys(said)}
    top = {"defaults": said} if defaults else {}
    plain = compiled(tmp_path, {"undone": source}).plan
    assert compiled(tmp_path, watches, **top).plan == plain


def test_what_is_wrong_beside_a_key_without_a_value_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "watches.yaml").write_text(
        "defaults: {regions: [eu-west-1]}\nwatches:\n  w:\n    source: sesv2.import-jobs\n"
        "    regions:\n    stalled_after: never\n    jobs:\n",
        encoding="utf-8",
    )
    with pytest.raises(Mistakes) as raised:
        compile_plan(tmp_path / "watches.yaml", CATALOGUE)
    told = [(each.line, each.key) for each in raised.value.mistakes]
    assert told == [(6, "watches.w.stalled_after"), (7, "watches.w.jobs")]


@pytest.mark.parametrize("name", ["idle_every", "discover_every"])
@pytest.mark.parametrize(
    ("default", "every", "found"),
    [("1 hour", "2 hours", 7_200), ("5 hours", "2 hours", 18_000), ("2 minutes", None, 120)],
)
def test_a_default_that_is_shorter_than_a_watchs_every_means_each_turn(
    tmp_path: Path, name: str, default: str, every: str | None, found: int
) -> None:
    watch = {"source": "pinpoint.import-jobs"} | ({"every": every} if every else {})
    plan = compiled(tmp_path, {"w": watch}, defaults={name: default}).plan
    assert getattr(plan.watches["w"], name) == found


def test_what_a_watch_says_itself_is_still_held_against_its_every(tmp_path: Path) -> None:
    watch = {"source": "sesv2.import-jobs", "every": "2 hours", "idle_every": "1 hour"}
    with pytest.raises(Mistakes, match=r"idle_every: found .* expected at least as long as every"):
        compiled(tmp_path, {"w": watch}, defaults={"idle_every": "3 hours"})


def test_a_mistake_that_only_a_watch_makes_of_a_default_names_both(tmp_path: Path) -> None:
    (tmp_path / "watches.yaml").write_text(
        "defaults: {regions: [sa-east-1]}\nwatches: {w: {source: dataexchange.jobs}}\n",
        encoding="utf-8",
    )
    with pytest.raises(Mistakes, match=r":1: watches\.w\.regions\[0\]: found \"sa-east-1\""):
        compile_plan(tmp_path / "watches.yaml", CATALOGUE)


def test_defaults_of_many_accounts_for_many_watches_are_a_mistake_at_once(tmp_path: Path) -> None:
    accounts = [{"id": f"{number:012}", "role": "r"} for number in range(1_000)]
    watches = {f"w{number}": {"source": "sesv2.*"} for number in range(100)}
    with pytest.raises(Mistakes, match=r"defaults: found \d{3},\d{3} values, expected at most"):
        compiled(tmp_path, watches, defaults={"accounts": accounts})


def test_what_a_watch_of_several_sources_takes_is_what_each_of_them_takes(tmp_path: Path) -> None:
    both = compiled(tmp_path, {"w": {"source": "sesv2.*"}})
    each = compiled(
        tmp_path,
        {name[6:]: {"source": name} for name in ("sesv2.import-jobs", "sesv2.export-jobs")},
    )
    assert both.permissions == each.permissions
    assert both.needs["w", "sesv2.import-jobs"] == each.needs["import-jobs", "sesv2.import-jobs"]
