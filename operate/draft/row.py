"""Drafts a row: what the model says, and what is to be looked at by a person."""

from botocore.model import StructureShape

from infra.config.aws.services import operation_model, service_model
from infra.config.catalogue import LONGEST_LABEL
from operate.draft import fields
from operate.draft.calls import (
    draft_get,
    draft_list,
    draft_own_get,
    draft_parents,
    draft_since,
    says_missing,
)
from operate.draft.drafted import Draft
from operate.draft.gets import ids_in
from operate.draft.lists import ends, listed
from operate.draft.members import Job, Member, members
from operate.draft.names import Words, source_name, thing
from operate.draft.statuses import place, told


def draft(service: str, operation: str) -> Draft:
    """Draft the row of an operation that lists jobs; both names are known to botocore."""
    made = Draft(service, operation, source_name(operation))
    noun = thing(operation)
    made.row["label"] = label(service, noun)
    draft_list(made)
    draft_parents(made)
    one = listed(service, operation, made.row["list"].get("jobs"))
    named = (*thing(one.name), *noun) if isinstance(one, StructureShape) else noun
    lists = members(one, named)
    got = draft_get(made, noun, one)
    if got and any(map(ends, lists)) and not says_missing(made):
        del made.row["get"]
        got = None
    job = Job(named, lists, members(got, named))
    _fields(made, job)
    draft_since(made, fields.created(job))
    draft_own_get(made)
    _rest(made, job)
    made.doubts["resource"] = "left out, so * in IAM: its reference may know better for list or get"
    return made


def label(service: str, noun: Words) -> str:
    """Say what a person calls one job: the service, and what the list lists."""
    model = service_model(service)
    metadata = model.metadata if model else {}
    named = str(metadata.get("serviceAbbreviation") or metadata.get("serviceId") or service)
    named = str(metadata.get("serviceFullName", named)) if named.isupper() else named
    for maker in ("Amazon ", "AWS "):
        named = named.removeprefix(maker)
    return f"{named} {' '.join(noun)}"[:LONGEST_LABEL].strip()


def _fields(made: Draft, job: Job) -> None:
    row = made.row
    operation = operation_model(made.service, str(row.get("get", {}).get("operation")))
    given = tuple(each["parameter"] for each in row.get("parents", []))
    found = {
        "id": fields.identity(job, ids_in(operation, given)[::-1] if operation else ()),
        "name": fields.name(job),
        "arn": fields.arn(job),
        "type": fields.type_(job),
        "status": fields.status(job),
    }
    row |= {key: member.path for key, member in found.items() if member}
    for key in ("id", "status"):
        if found[key] is None:
            made.doubts[key] = f"none of the members looks like it: {_paths(job)}"
    if state := found["status"]:
        _statuses(made, state)


def _paths(job: Job) -> str:
    return ", ".join(each.path for each in job.all if each.depth == 1) or "there are none"


def _statuses(made: Draft, member: Member) -> None:
    notes: list[str] = []
    values = member.statuses or told(member.shape.documentation)
    placed = place(values)
    made.row["statuses"] = placed.statuses
    if not member.statuses:
        said = "these are in the text on the member" if values else "so has the text on the member"
        notes.append(f"the model has no values, {said}: AWS's pages may have more")
    notes += [f"{', '.join(placed.doubtful)} may be another of ours"] if placed.doubtful else []
    notes += [f"no word tells what {', '.join(placed.unknown)} is"] if placed.unknown else []
    if notes:
        made.doubts["statuses"] = f"{'; '.join(notes)}; looked at the words of the values"


def _rest(made: Draft, job: Job) -> None:
    row, progress = made.row, fields.progress(job)
    row["partial"] = [progress["failed"]] if "failed" in progress else []
    times = {"created": fields.created(job), "ended": fields.ended(job)}
    row |= {key: member.path for key, member in times.items() if member}
    if (last := times["ended"]) and ("updat" in last.said or "modif" in last.said):
        made.doubts["ended"] = "the last change, as nothing tells the end"
    if progress:
        made.doubts["progress"] = "whether the counters are of one unit"
    unit = fields.unit(progress.values())
    counted = {"unit": unit} | progress if unit else progress
    row |= {
        key: value
        for key, value in (("progress", counted), ("failure", fields.failure(job)))
        if value
    }
    said = [row.get(key) for key in ("id", "arn", "status", *times)]
    said += [*progress.values(), *row.get("failure", {}).values()]
    found = [*fields.details(job, said)]
    if found:
        made.offered["details"] = found[: fields.MOST_DETAILS]
        made.doubts["details"] = f"what of {len(found)} plain values people need: it will travel"
