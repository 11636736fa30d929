"""Writes the templates of the roles that other accounts deploy.

There is one for each name of a role in `watches.yaml`.
"""

from collections.abc import Iterator
from pathlib import Path

from infra.config.plan import compile_plan
from infra.member import member_template

ROOT = Path(__file__).resolve().parents[1]


def write_templates(watches: Path, stack: str, folder: Path) -> Iterator[Path]:
    """Write the templates into a folder; give their files.

    :raises Mistakes: when the watches or the catalogue are wrong.
    """
    readers = compile_plan(watches, ROOT / "catalogue").readers
    folder.mkdir(parents=True, exist_ok=True)
    for reader in readers:
        # A path's slashes become what no role's name can hold: each name has a file of its own.
        file = folder / f"{reader.role.replace('/', '~')}.template.yaml"
        file.write_text(member_template(reader, stack), encoding="utf-8")
        yield file
