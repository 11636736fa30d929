"""botocore's own models, parsed once in a process: each session would parse them anew.

moto, which changes what it has parsed, has its own.
"""

from functools import cache
from pathlib import Path
from typing import Any

import botocore
import botocore.session
from botocore.loaders import JSONFileLoader, Loader

from infra.config.aws.services import PlainFiles

OWN = str(Path(botocore.__file__).parent)

_create_loader = botocore.session.create_loader
_parse = cache(PlainFiles().load_file)


class Shared(JSONFileLoader):
    """Gives all sessions the same; what is elsewhere is read each time."""

    def load_file(self, file_path: str) -> Any:
        return _parse(file_path) if file_path.startswith(OWN) else super().load_file(file_path)


def parse_once() -> None:
    """Let sessions share what they parse from now on."""

    def create_loader(*given: Any) -> Loader:
        loader = _create_loader(*given)
        loader.file_loader = Shared()
        return loader

    botocore.session.create_loader = create_loader
