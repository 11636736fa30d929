"""Which member of a job says what: its id, its status, its times, and why it failed."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from infra.config.aws.services import NUMBERS, TEXTS
from infra.config.lint.secrets import secret_in
from operate.draft.lists import ends
from operate.draft.members import Job, Member, best
from operate.draft.names import bare

MOST_DETAILS = 10
_DULL = re.compile("token$|kms|role|tags?$", re.IGNORECASE)
"""What nobody who reads of a job needs."""
_FREE = re.compile(
    r"argument|entry_?point|environment|variable|parameter|override|command|script|quer(y|ies)"
    r"|sql|statement|payload|body|prompt|user_?data",
    re.IGNORECASE,
)
"""What people write as they like, so also what is secret."""
TIMES = TEXTS | NUMBERS | {"timestamp"}
_WHEN = "(time|date|at|on|date time|timestamp|time stamp)"
_CREATED = [
    f"(create|created|creation|date created) ?{_WHEN}?",
    f"(submit|submitted|submission) ?{_WHEN}",
    f"(request|requested) ?{_WHEN}",
    f"(start|started|begin) ?{_WHEN}?",
    "(date|scan) (created|date)",
    f".* (create|created|creation|request|submission) {_WHEN}|request timestamp",
    f".* (start|started) {_WHEN}",
]
_ENDED = [
    f"(end|ended|complete|completed|completion|finish|finished) ?{_WHEN}?",
    f".* (end|ended|complete|completed|completion) {_WHEN}",
    f"(stop|stopped) ?{_WHEN}",
    f"(last )?(update|updated|modified|modification) ?{_WHEN}",
]
_MESSAGE = [
    "(last )?(failure|error) (message|reason|reasons|detail|details|description|string|cause)",
    "(status|state) (message|reason|detail|details|change reason)",
    "message|reason|error|failures|failure( reasons| messages)?",
]
_CODE = ["(failure|error) (code|type)", "(failure|status|state) reason"]
_ABOUT = frozenset({"error", "failure", "status", "state"})
_OF = "resource|operation|action|scenario|customization|entity|automation|workflow"
_COUNT = "( ?(count|records|items|record count|records count|pieces|objects|files|things))?"
_DONE = "(processed|completed|succeeded|successful|success|imported|scanned|converted|transferred)"
_WRONG = "(failed|failures?|errors?|errored)"
_WORDS = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_OF_COUNTERS = frozenset(
    {
        *("total", "number", "count", "counts", "num", "of", "with", "in", "to", "progress"),
        *("processed", "completed", "succeeded", "successful", "success", "imported", "exported"),
        *(
            "scanned",
            "converted",
            "transferred",
            "failed",
            "failure",
            "failures",
            "error",
            "errors",
        ),
        *("ingested", "current", "job", "percent", "percentage", "size", "estimated"),
    }
)
"""Words in the names of counters that do not say what is counted."""
_PROGRESS = {
    "total": [
        f"total{_COUNT}",
        "total (?!.*(size|duration|time|hours|cost)).*",
        "total number of .*",
    ],
    "processed": [f"{_DONE}{_COUNT}", f"{_DONE} .*count", f".* {_DONE}( count)?"],
    "failed": [f"{_WRONG}{_COUNT}", f"{_WRONG} .*", f".* {_WRONG}( count)?"],
}


def identity(job: Job, takes: Iterable[str]) -> Member | None:
    """Give the member that is a job's id: what the get operation takes, or what is called so."""
    plain = [each for each in job.listed if each.kind in TEXTS | NUMBERS] or [
        each for each in job.got if each.kind in TEXTS | NUMBERS
    ]
    ranked = sorted(takes, key=lambda each: bare(each, job.noun)[1])
    for name in ranked:
        for same in (name.lower(), name.lower().removesuffix("s")):
            for each in plain:
                if each.path.lower() == same:
                    return each
    own = [each for each in plain if not each.named]
    patterns = ["id", "identifier", "arn", "number", "name"]
    return best(own, patterns[:2], TEXTS | NUMBERS) or best(plain, patterns, TEXTS | NUMBERS, 2)


def status(job: Job) -> Member | None:
    """Give the member that is a job's status."""
    both = {each.path for each in job.got}
    found = [each for each in job.all if not job.got or each.path in both]
    patterns = ["status|state|lifecycle", "(status|state) (state|status|code)", ".*(status|state)"]
    own = [each for each in found if each.statuses and each.named < 2]  # noqa: PLR2004
    ended = [each for each in found if ends(each)]
    with_values = [each for each in found if each.statuses]
    ways = (
        best(own, patterns[:1], TEXTS, 1),
        *(best(some, patterns, TEXTS) for some in (ended, with_values, found)),
    )
    return next(filter(None, ways), None)


def arn(job: Job) -> Member | None:
    """Give the member that is a job's ARN."""
    own = best([each for each in job.all if not each.named], ["arn"], TEXTS, 1)
    return own or best(job.all, ["arn"], TEXTS, 1)


def name(job: Job) -> Member | None:
    """Give the member that is what a person calls a job."""
    found = [each for each in job.all if not any(secret_in(each.path, (each.shape,)))]
    own = best([each for each in found if not each.named], ["name"], TEXTS, 1)
    return own or best(found, ["name", "title", "display name", "label"], TEXTS, 1)


def type_(job: Job) -> Member | None:
    """Give the member that is a job's type."""
    patterns = ["type", f"({_OF}) type", "action|operation|mode|format|category"]
    return best(job.all, patterns, TEXTS, 1)


def created(job: Job) -> Member | None:
    """Give the member that says when a job was created."""
    return best(_times(job.all), _CREATED, TIMES)


def ended(job: Job) -> Member | None:
    """Give the member that says when a job ended, or at least when it changed last."""
    return best(_times(job.all), _ENDED, TIMES)


def _times(found: Iterable[Member]) -> list[Member]:
    every = list(found)
    return [each for each in every if each.kind == "timestamp"] or [
        each for each in every if each.kind in TIMES and not each.statuses
    ]


def failure(job: Job) -> dict[str, str]:
    """Give the paths of why a job failed: what may travel only."""
    found = [each for each in job.all if not any(secret_in(each.path, (each.shape,)))]
    inner = [
        each for each in found if {*each.path.lower().split(".")[:-1]} & _ABOUT or _about(each)
    ]
    free = [each for each in found if not each.statuses]
    message = (
        best(free, _MESSAGE, TEXTS | {"list"}, 2)
        or best(inner, ["(error |failure )?(message|reason|description|detail)"], TEXTS)
        or best(free, _MESSAGE, TEXTS | {"list"})
    )
    coded = [each for each in found if each.statuses or "code" in each.said or "type" in each.said]
    code = best(coded, _CODE, TEXTS) or best(inner, ["(error )?(code|type)"], TEXTS)
    paths: dict[str, str] = {}
    if code:
        paths["code"] = code.path
    if message and message.kind == "list":
        paths |= {"message": f"{message.path}[0]", "details": message.path}
    elif message:
        paths["message"] = message.path
    return paths


def _about(member: Member) -> bool:
    above = member.path.lower().rpartition(".")[0].rpartition(".")[2]
    return any(each in above for each in ("error", "failure"))


def progress(job: Job) -> dict[str, str]:
    """Give the counters of how far a job is."""
    found = ((key, best(job.all, patterns, NUMBERS)) for key, patterns in _PROGRESS.items())
    return {key: member.path for key, member in found if member}


def unit(counters: Iterable[str]) -> str | None:
    """Give what counters count: the words that all of their names share, None where there is none.

    Those of RecordsProcessed and FailedRecordsCount are `records`.
    """
    names = [path.rpartition(".")[2] for path in counters]
    words = [[word.lower() for word in _WORDS.findall(name)] for name in names]
    shared = set(words[0]).intersection(*words[1:]) - _OF_COUNTERS if words else set()
    return " ".join(word for word in words[0] if word in shared) if shared else None


def details(job: Job, said: Iterable[Any]) -> Iterator[str]:
    """Suggest what else may travel: plain values that nothing says yet and that tell no secret."""
    used = {*said}
    for each in job.all:
        dull = _DULL.search(each.path) or _FREE.search(each.path)
        plain = each.kind != "timestamp" and "[" not in each.path and not dull
        if plain and each.path not in used and not any(secret_in(each.path, (each.shape,))):
            yield each.path
