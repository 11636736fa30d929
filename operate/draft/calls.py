"""Drafts the operations of a row: how jobs and their parents are listed, and how one is read."""

import re
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from infra.config.aws.services import inputs, operation_model
from infra.config.completed import completed
from infra.config.lint.pages import times_of
from operate.draft.drafted import Draft
from operate.draft.gets import get_for, id_in, ids_in, place_of
from operate.draft.lists import accounts_in, lists_in, paged
from operate.draft.members import Member
from operate.draft.names import Words, thing, words
from operate.draft.parents import parents_of

_CREATED, _DESCENDING = re.compile("creat", re.IGNORECASE), re.compile("^desc", re.IGNORECASE)
_SORTED = {"sortby": _CREATED, "sortorder": _DESCENDING, "order": _DESCENDING}
"""What the parameters that sort are called, and which of their values are wanted."""
_BEGUN = re.compile("creat|submi", re.IGNORECASE)


def draft_list(made: Draft) -> None:
    """Draft the list operation."""
    made.row["list"] = paged(made.service, {"operation": made.operation}, "jobs")
    lists = lists_in(made.service, made.operation)
    if "jobs" in made.row["list"] and len(lists) > 1:
        made.doubts["list"] = f"jobs may be any of {', '.join(lists)}"
    if newest := _newest_first(made.service, made.operation):
        given = made.row["list"].get("params", {})
        made.row["list"] |= {"params": {**given, **newest}, "order": "newest-first"}


def _newest_first(service: str, operation: str) -> dict[str, str]:
    """Give the parameters that sort by time, newest first, where the model has such values."""
    model = operation_model(service, operation)
    found: dict[str, str] = {}
    for name, shape in (inputs(model) if model else {}).items():
        fits = _SORTED.get("".join(words(name)))
        values = [each for each in getattr(shape, "enum", ()) if fits and fits.search(each)]
        if values:
            found[name] = values[0]
    return found if len(found) > 1 else {}


def draft_since(made: Draft, created: Member | None) -> None:
    """Ask the list for what was created since a time, where an input is plainly that."""
    operation = operation_model(made.service, made.operation)
    if operation is None or created is None or "order" in made.row["list"]:
        return
    taken = made.row["list"].get("params", {})
    named = (name for name in times_of(inputs(operation)) if name.partition(".")[0] not in taken)
    for name in named if _BEGUN.search(created.path) else ():
        if _BEGUN.search(name) and "after" in words(name):
            made.row["list"]["since"] = name
            return


def draft_parents(made: Draft) -> None:
    """Draft what the jobs live in."""
    found, lacking = parents_of(made.service, made.operation)
    if found:
        own = made.service
        made.row["parents"] = [paged(each.get("service", own), each, "items") for each in found]
        made.doubts["fan_out"] = "few, tens, many or unbounded: how many of them an account has"
    for each in lacking:
        choices = f"one of {', '.join(each['choices'])}, in params" if each["choices"] else ""
        words_ = (
            choices or "no list of the service or one beside it gives it: looked at all their names"
        )
        made.doubts[f"parents ({each['parameter']})"] = words_


def draft_get(made: Draft, noun: Words, shape: Shape | None) -> Shape | None:
    """Draft the get operation; give the shape of the job in its answer."""
    nouns = (noun, thing(shape.name)) if isinstance(shape, StructureShape) else (noun,)
    operation = get_for(made.service, made.operation, nouns)
    if operation is None:
        made.doubts["get"] = f"no operation is named for {' or '.join(' '.join(n) for n in nouns)}"
        return None
    params: dict[str, Any] = dict.fromkeys(accounts_in(operation), "{account}")
    parents = (each["parameter"] for each in made.row.get("parents", []))
    ids = ids_in(operation, (*parents, *params))
    made.row["get"] = {"operation": operation.name}
    if ids and isinstance(inputs(operation)[ids[-1]], ListShape):
        params[ids[-1]] = ["{id}"]
    elif len(ids) > 1:
        made.row["get"]["id"] = ids[-1]
    made.row["get"] |= {"params": params} if params else {}
    return place_of(operation, noun, shape)


def draft_own_get(made: Draft) -> None:
    """Read one job with the list, where no other operation does and it takes ids."""
    operation, id_ = operation_model(made.service, made.operation), made.row.get("id")
    if "get" in made.row or operation is None or id_ is None:
        return
    if given := id_in(inputs(operation), id_):
        made.row["get"] = {"operation": made.operation, "params": given}
        made.row["get"] |= {"job": f"{jobs}[0]"} if (jobs := made.row["list"].get("jobs")) else {}
        made.doubts.pop("get", None)


def says_missing(made: Draft) -> bool:
    """Tell whether a get operation may say that there is no such job: not by its other errors."""
    known = completed(made.service, made.row)["get"]
    operation = operation_model(made.service, made.row["get"]["operation"])
    if "missing" in known or known.get("job", "").endswith("[0]") or operation is None:
        return True
    errors = ", ".join(each.name for each in operation.error_shapes)
    told = f"which error of {operation.name} means that there is no such job, as missing"
    made.doubts["get"] = f"{told}: {errors or 'the model names none'}"
    return not errors
