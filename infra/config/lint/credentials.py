"""Finds what gives credentials away: operations that let in somewhere whoever may call them.

Some say it in their name, others only in their answer: a member of it, or of the objects in it, or
a key of a map, wherever that is. A list of settings may repeat a secret that somebody told: a job
that has such a list is a job all the same. Letters may be large or small, as in IAM.
"""

import re
from collections.abc import Iterator

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from infra.config.aws.services import (
    SCALARS,
    iam_prefix,
    operation_model,
    remembered,
    service_model,
    service_names,
)

_SAID = re.compile(
    r"Credential|SecretValue|AccessKey|Password|StreamKey|ApiKeys?$|Tokens?($|For|From)"
    r"|^GetParameter|^GetObject|Urls?($|For)|ClientSecrets|IceServer|^GetDashboardFor"
    r"|(Buyer|Resource)Dashboard|SystemLogsFor|(Up|Down)load(Links?|JobPath)$|VpnConnection"
    r"|DocumentContent$|PromptFile$|VersionArtifact$|^GetAttachment$|CisScanReport$",
    re.IGNORECASE,
)
"""In the name of an operation. A URL that is asked for lets in whoever has it, also where the name
says what it leads to: an interface, logs, a file. The keys of a VPN stand in a text of which no
model tells."""
_KNOWN = frozenset({"geo:describekey"})
"""Actions in small letters of which neither name nor answer tells: what they give is called Key."""
_HANDED_OVER = re.compile(
    r"((secret(_?access)?|private|stream)_?key|(^|client_?|shared_?)secret|secret_?(string|binary)"
    r"|password|passphrase|(activation|invite|registration|unlock)_?(code|key|link)|personal_?pin"
    r"|(app|nwk)_?s_?key|^credential"
    r"|(session|security|access|refresh|identity|id|auth\w*|bearer|join|gateway|secret|device)_?token"
    r")$",
    re.IGNORECASE,
)
"""The names of what an answer hands over; not of the tokens of pages and of calls made twice."""


@remembered
def gives_away(service: str, name: str) -> bool:
    """Tell whether an operation of a service, or an IAM action called so, hands credentials over.

    What answers whole files (`s3:GetObject`) counts as well: they may hold anything. There are
    actions for it that no operation is called by (`s3:GetObjectVersion`).
    """
    if _SAID.search(name) or f"{iam_prefix(service)}:{name}".casefold() in _KNOWN:
        return True
    return any(
        operation.has_streaming_output or any(_handed_over(operation.output_shape))
        for operation in meant(service, name)
    )


def meant(service: str, name: str) -> Iterator[OperationModel]:
    """Give the service's operation, or those that are called so where the prefix is the same.

    As in IAM, `getjob` means `GetJob`.
    """
    if own := _operation(service, name):
        yield own
        return
    prefix = iam_prefix(service)
    for other in service_names():
        if iam_prefix(other) == prefix and (found := _operation(other, name)):
            yield found


def _operation(service: str, name: str) -> OperationModel | None:
    return operation_model(service, _names(service).get(name.casefold(), name))


@remembered
def _names(service: str) -> dict[str, str]:
    model = service_model(service)
    return {} if model is None else {name.casefold(): name for name in model.operation_names}


def _handed_over(
    shape: Shape | None, above: tuple[str, ...] = (), *, listed: bool = False
) -> Iterator[str]:
    if shape is None or shape.name in above:
        return
    inside = (*above, shape.name)
    if isinstance(shape, ListShape):
        yield from _handed_over(shape.member, inside, listed=True)
    if isinstance(shape, MapShape):
        yield from filter(_HANDED_OVER.search, getattr(shape.key, "enum", ()))
        yield from _handed_over(shape.value, inside, listed=True)
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            is_told = not listed and member.type_name in SCALARS | {"blob"}
            if is_told and _HANDED_OVER.search(name):
                yield name
            yield from _handed_over(member, inside, listed=listed)
