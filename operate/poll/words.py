"""A watches file made up of words: `poll --source sesv2.import-jobs` needs none to be written."""

import json
import re
from collections.abc import Sequence

from infra.config.files.documents import Document, parse_document

FILE = "--source"
"""What stands where mistakes name a file."""
LONGEST_NAME = 48


def document_of(sources: Sequence[str]) -> Document:
    """Make a file in which each id or pattern is a watch of its own, named after it."""
    watches: dict[str, dict[str, str]] = {}
    for source in dict.fromkeys(sources):
        watches[_free(source, watches)] = {"source": source}
    return parse_document(FILE, json.dumps({"watches": watches}))


def _free(source: str, taken: dict[str, dict[str, str]]) -> str:
    name = re.sub("[^a-z0-9]+", "-", source.lower()).strip("-")[:LONGEST_NAME].strip("-") or "all"
    numbered = (f"{name[: LONGEST_NAME - 4]}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (name, *numbered) if each not in taken)
