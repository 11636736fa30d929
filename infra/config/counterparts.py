"""Other people's counterparts of AWS, and the sources of which tests read a real job of theirs."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from infra.config.files.wording import Model

FILE = Path(__file__).resolve().parents[2] / "tests" / "data" / "counterparts.yaml"


class Lack(Model):
    """Why no job of a source can be read, and a part of what is answered instead."""

    why: str
    answer: str


class Counterpart(Model):
    """The ids of sources of which tests read a real job, and of those of which they can't."""

    read: list[str]
    lacking: dict[str, Lack]


@cache
def counterparts() -> dict[str, Counterpart]:
    """Give what other people's counterparts of AWS have for the tests, by name."""
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Counterpart]).validate_python(found)


def tried(source: str) -> str:
    """Say whose real job was read in the tests, and why none of another counterpart's is."""
    found = [name for name, each in counterparts().items() if source in each.read]
    said = f" Tests read a real job of {' and of '.join(found)}." if found else ""
    for name, each in counterparts().items():
        if lack := each.lacking.get(source):
            said += f" None of {name}'s can be read: {lack.why} (`{lack.answer}`)."
    return said
