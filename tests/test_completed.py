"""What a row may leave out, since the service's model says it."""

import pytest

from infra.config.completed import completed

EXPORTS = {"operation": "ListExports"}


def row(**given: object) -> dict[str, object]:
    return {"id": "ExportArn", "status": "ExportStatus", "list": EXPORTS, **given}


def test_a_list_has_its_selector_its_token_and_the_largest_page() -> None:
    assert completed("dynamodb", row())["list"] == {
        "operation": "ListExports",
        "jobs": "ExportSummaries",
        "token": {"send": "NextToken", "read": "NextToken"},
        "params": {"MaxResults": "25"},
    }


def test_a_get_has_its_selector_its_id_and_its_error() -> None:
    given = row(get={"operation": "DescribeExport"})
    assert completed("dynamodb", given)["get"] == {
        "operation": "DescribeExport",
        "job": "ExportDescription",
        "id": "ExportArn",
        "missing": ["ExportNotFoundException"],
    }


def test_what_a_row_says_is_left_as_it_is() -> None:
    given = {**EXPORTS, "params": {"MaxResults": "10"}, "token": None}
    found = completed("dynamodb", row(list=given))["list"]
    assert (found["params"], found["token"]) == ({"MaxResults": "10"}, None)


def test_what_is_no_list_is_no_selector() -> None:
    given = {"operation": "GetBucketAnalyticsConfiguration"}
    assert "jobs" not in completed("s3", row(list=given))["list"]


def test_a_list_of_ids_is_taken_where_there_is_no_list_of_objects() -> None:
    found = completed("codebuild", row(list={"operation": "ListBuilds"}))["list"]
    assert found["jobs"] == "ids"


def test_an_id_in_the_params_is_not_given_twice() -> None:
    given = row(id="id", get={"operation": "BatchGetBuilds", "params": {"ids": ["{id}"]}})
    assert "id" not in completed("codebuild", given)["get"]


@pytest.mark.parametrize("raw", [None, "text", [], {"list": "x"}, {"parents": {}}, {"get": []}])
def test_what_is_no_row_is_left_as_it_is(raw: object) -> None:
    assert completed("dynamodb", raw) == raw


def test_of_an_operation_that_is_not_there_only_that_is_told() -> None:
    assert completed("dynamodb", row(list={"operation": "ListExport"}))["list"] == {
        "operation": "ListExport",
        "jobs": "@",
    }
