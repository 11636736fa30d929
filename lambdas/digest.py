"""A digest of a list's finished jobs: it tells which of them may be new or changed since.

A job is hashed by its id and its statuses; the hash says to which of 256 parts it belongs, and a
part is the XOR of its hashes. A part that is the same as before holds, but for one chance in 2^48,
the same jobs in the same statuses: none of them needs to be looked up in the table.
"""

import base64
import zlib
from collections.abc import Iterable
from hashlib import blake2b

from lambdas.model import Glance, Job

PARTS = 256
ALL = frozenset(range(PARTS))
_WIDTH = 6
NOTHING = bytes(PARTS * _WIDTH)


def fingerprint(job: Glance | Job) -> int:
    """Hash a job's state."""
    text = f"{job.id}\0{job.raw_status}\0{job.status}"
    return int.from_bytes(blake2b(text.encode(), digest_size=_WIDTH).digest())


def part(fingerprint: int) -> int:
    """Tell to which part a job belongs."""
    return fingerprint % PARTS


def digest(fingerprints: Iterable[int], before: bytes = NOTHING) -> bytes:
    """Digest jobs, on top of those that are digested already."""
    parts = [0] * PARTS
    for each in fingerprints:
        parts[each % PARTS] ^= each
    whole = int.from_bytes(b"".join(each.to_bytes(_WIDTH) for each in parts))
    return (whole ^ int.from_bytes(before)).to_bytes(len(NOTHING))


def differing(one: bytes, other: bytes) -> frozenset[int]:
    """Name the parts in which two digests differ."""
    steps = range(0, len(NOTHING), _WIDTH)
    return frozenset(
        at // _WIDTH for at in steps if one[at : at + _WIDTH] != other[at : at + _WIDTH]
    )


def packed(digest: bytes) -> str:
    """Write a digest as text: of few jobs, it is mostly zeros."""
    return base64.b64encode(zlib.compress(digest)).decode()


def unpacked(text: str) -> bytes:
    """Read what `packed` wrote."""
    return zlib.decompress(base64.b64decode(text))
