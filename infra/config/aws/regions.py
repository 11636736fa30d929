"""Where AWS offers what, out of botocore's endpoints. No account, no network.

They are behind AWS at times: a service may be in a region before botocore knows it there, and of
some services botocore knows no region at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.regions import EndpointResolver

from infra.config.aws.services import loader, remembered, service_model

CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}
"""The console's host in each partition, to which a region is put in front, as AWS's documents have
it. botocore's data does not tell it, and of the other partitions nobody says it in public."""


@remembered
def regions() -> tuple[str, ...]:
    """List every region of every partition."""
    return tuple(region for partition in _partitions() for region in partition["regions"])


@remembered
def partitions() -> tuple[str, ...]:
    """List every partition."""
    return tuple(each["partition"] for each in _partitions())


@remembered
def partition_of(region: str) -> str | None:
    """Name the partition of a region, None where there is no such region."""
    return _partition(region).get("partition")


@remembered
def offered_in(service: str) -> frozenset[str] | None:
    """Give the regions in which AWS offers a service, None where botocore does not know.

    A global service answers wherever its partition has a region.
    """
    found = {region for each in _partitions() for region in _offered(service, each)}
    return frozenset(found) or None


@remembered
def is_global(service: str, region: str) -> bool:
    """Tell whether a service is one and the same in all regions of this region's partition."""
    return _is_global(service, _partition(region))


@remembered
def is_global_somewhere(service: str) -> bool:
    """Tell whether a service is one and the same in all regions of any partition."""
    return any(_is_global(service, partition) for partition in _partitions())


def consoles() -> dict[str, str]:
    """Give the console's host by the pattern of a partition's regions, where there is one."""
    return {
        each["regionRegex"]: CONSOLES[each["partition"]]
        for each in _partitions()
        if each["partition"] in CONSOLES
    }


def _offered(service: str, partition: Mapping[str, Any]) -> Iterator[str]:
    if _is_global(service, partition):
        yield from partition["regions"]
    else:
        yield from _resolver().get_available_endpoints(_prefix(service), partition["partition"])


def _is_global(service: str, partition: Mapping[str, Any]) -> bool:
    known = partition.get("services", {}).get(_prefix(service), {})
    return "partitionEndpoint" in known and known.get("isRegionalized") is False


def _partition(region: str) -> Mapping[str, Any]:
    return next((each for each in _partitions() if region in each["regions"]), {})


def _partitions() -> list[dict[str, Any]]:
    partitions: list[dict[str, Any]] = loader().load_data("endpoints")["partitions"]
    return partitions


@remembered
def _resolver() -> EndpointResolver:
    return EndpointResolver(loader().load_data("endpoints"))


def _prefix(service: str) -> str:
    """Give the name under which the endpoints know a service."""
    model = service_model(service)
    return str(model.endpoint_prefix) if model else ""
