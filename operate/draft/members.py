"""The members of a job, each with its path, and which of them is meant by a name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from botocore.model import ListShape, Shape, StructureShape

from infra.config.aws.services import SCALARS, TEXTS
from operate.draft.names import Words, bare

DEEPEST = 3
_WRONG = re.compile("error|failure|reason", re.IGNORECASE)
"""In the name of a list, of which the first item tells why a job failed."""


@dataclass(frozen=True, slots=True)
class Member:
    """A plain value of a job, or a list of them; `said` and `named` are as `bare` has them."""

    path: str
    shape: Shape
    said: str
    named: int
    depth: int

    @property
    def kind(self) -> str:
        """Name the type of the value."""
        return str(self.shape.type_name)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Give the values that there can be, where the model says so."""
        return tuple(getattr(self.shape, "enum", ()))


@dataclass(frozen=True, slots=True)
class Job:
    """What a list and a get operation say of one job; the list says it first."""

    noun: Words
    listed: tuple[Member, ...] = ()
    got: tuple[Member, ...] = ()
    all: tuple[Member, ...] = field(init=False)

    def __post_init__(self) -> None:
        paths = {each.path for each in self.listed}
        more = (each for each in self.got if each.path not in paths)
        object.__setattr__(self, "all", (*self.listed, *more))


def members(shape: Shape | None, noun: Words) -> tuple[Member, ...]:
    """Give the members of a job."""
    return tuple(_inside(shape, noun, ""))


def _inside(shape: Shape | None, noun: Words, above: str, depth: int = 1) -> Iterator[Member]:
    if not isinstance(shape, StructureShape) or depth > DEEPEST:
        return
    for name, member in shape.members.items():
        said, named = bare(name, noun)
        path = f"{above}{name}"
        if member.type_name in SCALARS or _is_plain_list(member):
            yield Member(path, member, " ".join(said), named, depth)
        yield from _inside(member, noun, f"{path}.", depth + 1)
        if isinstance(member, ListShape) and _WRONG.search(name):
            yield from _inside(member.member, noun, f"{path}[0].", depth + 1)


def _is_plain_list(shape: Shape) -> bool:
    return isinstance(shape, ListShape) and shape.member.type_name in TEXTS


def best(
    found: Iterable[Member], patterns: Sequence[str], kinds: Iterable[str], deepest: int = DEEPEST
) -> Member | None:
    """Give the member whose name fits the earliest pattern; what is less deep comes first."""
    fitting = (
        (at, each.depth, each.named, order, each)
        for order, each in enumerate(found)
        if each.kind in kinds and each.depth <= deepest
        for at, pattern in enumerate(patterns)
        if re.fullmatch(pattern, each.said)
    )
    return min(fitting, key=lambda one: one[:-1], default=(None,))[-1]
