"""Prunes botocore's data: each byte of it is shipped, and much of it is parsed at a cold start.

Left are the models of some services, of which what is called and no prose, and of the endpoints
those of these services: that whole file alone takes a quarter of the time in which the first client
is made.
"""

import gzip
import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ENDPOINTS = "endpoints.json"


def prune(data: Path, models: Iterable[Path], called: Mapping[str, Collection[str]]) -> None:
    """Keep of a directory of data its shared files and these models, uncompressed.

    `called` names the operations that are kept of a service; one that it lacks is kept whole.
    """
    kept = data.with_name("kept")
    prefixes = set()
    for path in models:
        model = _without_prose(_read(path))
        service = path.relative_to(data).parts[0]
        if service in called:
            model = only(called[service], model)
        prefixes.add(model.get("metadata", {}).get("endpointPrefix"))
        _write(kept / path.relative_to(data).with_name(path.name.removesuffix(".gz")), model)
    for path in data.glob("*.json"):
        document = _read(path)
        shared = _endpoints_of(prefixes, document) if path.name == ENDPOINTS else document
        _write(kept / path.name, shared)
    shutil.rmtree(data)
    kept.rename(data)


def _without_prose(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_prose(item) for item in value]
    if not isinstance(value, dict):
        return value
    # A member of that name would be an object, not a text.
    kept = {k: v for k, v in value.items() if k != "documentation" or not isinstance(v, str)}
    return {key: _without_prose(item) for key, item in kept.items()}


def only(operations: Collection[str], model: dict[str, Any]) -> dict[str, Any]:
    """Keep of a model some operations, and the shapes of which they are made.

    The operation that botocore asks for a service's addresses is called before any other.
    """
    called = {*operations, *(n for n, o in model.get("operations", {}).items() if _asks_where(o))}
    kept = dict(model)
    for part in {"operations", "pagination"} & model.keys():
        kept[part] = {name: each for name, each in model[part].items() if name in called}
    if "shapes" in model:
        kept["shapes"] = {name: model["shapes"][name] for name in sorted(_used(kept, model))}
    return kept


def _asks_where(operation: Mapping[str, Any]) -> bool:
    return bool(operation.get("endpointoperation"))


def _used(kept: Mapping[str, Any], model: Mapping[str, Any]) -> set[str]:
    """Name the shapes of which the operations are made."""
    used: set[str] = set()
    found = {*_shapes_in(kept["operations"])}
    while found:
        used |= found
        found = {each for name in found for each in _shapes_in(model["shapes"][name])} - used
    return used


def _shapes_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        name = value.get("shape")
        if isinstance(name, str):  # a member of that name would be an object
            yield name
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _shapes_in(each)


def _endpoints_of(prefixes: Collection[str], document: dict[str, Any]) -> dict[str, Any]:
    """Keep every partition and region, so that each is still known; drop the other services."""
    for partition in document["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in prefixes}
    return document


def _read(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
