"""botocore's own models, found and parsed once in a process: each session would do so anew.

moto, which changes what it has parsed, has its own.
"""

from functools import cache
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import botocore.useragent
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader

from infra.config.aws.services import PlainFiles

OWN = str(Path(botocore.__file__).parent)

_create_loader = botocore.session.create_loader
_parse = cache(PlainFiles().load_file)


class Shared(JSONFileLoader):
    """Gives all sessions the same; what is elsewhere is read each time."""

    def load_file(self, file_path: str) -> Any:
        return _parse(file_path) if file_path.startswith(OWN) else super().load_file(file_path)


@cache
def _services(paths: tuple[str, ...], type_name: str) -> list[str]:
    """Name the services below some folders: it takes a look into each of hundreds."""
    loader = Loader(paths, include_default_search_paths=False)
    return list(loader.list_available_services(type_name))


def parse_once() -> None:
    """Let sessions share what they find and parse from now on."""

    def create_loader(*given: Any) -> Loader:
        loader = _create_loader(*given)
        loader.file_loader = Shared()
        loader.list_available_services = lambda type_name: _services(
            tuple(loader.search_paths), type_name
        )
        return loader

    botocore.session.create_loader = create_loader
    # Each client would look for what its hundreds of events are called as well.
    alias = cache(EventAliaser(HierarchicalEmitter())._alias_event_name)
    EventAliaser._alias_event_name = staticmethod(alias)
    # Each call would clean the same dozen words anew.
    clean = botocore.useragent.sanitize_user_agent_string_component
    botocore.useragent.sanitize_user_agent_string_component = cache(clean)
