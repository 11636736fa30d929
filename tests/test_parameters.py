"""The parameters of a call, filled in with what is known when it is made."""

from datetime import timedelta

import pytest

from lambdas.apis.parameters import filled
from tests.values import NOW

NAMES = {"id": "7", "account": "111122223333", "AppId": "a"}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ({"Max": 100, "All": True}, {"Max": 100, "All": True}),
        ({"Id": "{AppId}-{id}"}, {"Id": "a-7"}),
        (
            {"Filters": [{"Key": "id", "Values": ["{id}"]}]},
            {"Filters": [{"Key": "id", "Values": ["7"]}]},
        ),
        ({"Number": {"$number": "{id}"}}, {"Number": 7}),
        ({"Since": {"$ago": 86_400}}, {"Since": NOW - timedelta(days=1)}),
        ({"Until": {"$ago": -86_400}}, {"Until": NOW + timedelta(days=1)}),
        ({"Ids": {"$each": "{id}"}}, {"Ids": ["7", "8"]}),
    ],
)
def test_names_times_and_numbers_are_filled_in(template: object, value: object) -> None:
    assert filled(template, NAMES, NOW, ["7", "8"]) == value


def test_an_id_that_must_be_a_number_and_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="seven"):
        filled({"$number": "{id}"}, {"id": "seven"}, NOW)
