"""Digests and checksums: they tell what may be new or changed without reading what is stored.

A job's fingerprint says in its low byte to which of 256 parts the job belongs (its id alone
decides that) and above it hashes the job's state. A part of a digest is the sum of its jobs' hashes
modulo 2^48, so that one that a list shows twice does not cancel itself. A part that is the same as
before holds, but for one chance in 2^48, the same jobs in the same states: none of them needs to be
looked up in the table.

The hashes have a key of each stack: who chooses the names of jobs can't choose some that together
look as if nothing had changed.
"""

import base64
import os
import zlib
from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import blake2b

PARTS = 256
ALL = frozenset(range(PARTS))
_WIDTH = 6
_SIZE = 2 ** (8 * _WIDTH)
_PLACES = range(0, PARTS * _WIDTH, _WIDTH)
NOTHING = bytes(PARTS * _WIDTH)
_KEY = os.environ.get("DIGEST_KEY", "").encode()


def part_of(job_id: str) -> int:
    """Tell to which part a job belongs."""
    return zlib.crc32(job_id.encode()) % PARTS


def fingerprint(job_id: str, state: str) -> int:
    """Hash a job's state, which may hold halves of characters, above the number of its part."""
    name = job_id.encode()
    hashed = _hash(b"%b\0%b" % (name, state.encode(errors="surrogatepass")), _WIDTH)
    return hashed * PARTS + zlib.crc32(name) % PARTS


def _hash(text: bytes, size: int) -> int:
    return int.from_bytes(blake2b(text, digest_size=size, key=_KEY).digest())


def digest(fingerprints: Iterable[int], before: bytes = NOTHING) -> bytes:
    """Digest jobs, on top of those that are digested already."""
    sums: Counter[int] = Counter()
    for each in fingerprints:
        sums[each % PARTS] += each // PARTS
    whole = bytearray(before)
    for part, total in sums.items():
        place = slice(part * _WIDTH, (part + 1) * _WIDTH)
        after = (int.from_bytes(whole[place]) + total) % _SIZE
        whole[place] = after.to_bytes(_WIDTH)
    return bytes(whole)


def differing(one: bytes, other: bytes) -> frozenset[int]:
    """Name the parts in which two digests differ."""
    if one == other:
        return frozenset()
    return frozenset(
        at // _WIDTH for at in _PLACES if one[at : at + _WIDTH] != other[at : at + _WIDTH]
    )


def merge(old: bytes, new: bytes, parts: Collection[int]) -> bytes:
    """Take these parts from the new digest and all others from the old one."""
    merged = bytearray(old)
    for part in parts:
        at = part * _WIDTH
        merged[at : at + _WIDTH] = new[at : at + _WIDTH]
    return bytes(merged)


def checksum(ids: Iterable[str]) -> int:
    """Sum up a set of ids, so that one of them more or less gives another number."""
    total = 0
    for each in ids:
        total ^= _hash(each.encode(), 8)
    return total


def short(job_id: str) -> str:
    """Shorten an id to 12 characters that stand for it."""
    return blake2b(job_id.encode(), digest_size=6).hexdigest()


def pack(whole: bytes) -> bytes:
    """Compress a digest: of few jobs, it is mostly zeros."""
    return zlib.compress(whole)


def unpack(packed: bytes) -> bytes:
    """Read what `pack` wrote, and no more of anything else than a digest has: it may inflate."""
    inflating = zlib.decompressobj()
    whole = inflating.decompress(packed, len(NOTHING))
    if len(whole) != len(NOTHING) or not inflating.eof:
        raise ValueError("no digest")
    return whole


def to_text(whole: bytes) -> str:
    """Write a digest as text."""
    return base64.b64encode(pack(whole)).decode()


def from_text(text: str) -> bytes:
    """Read what `to_text` wrote."""
    return unpack(base64.b64decode(text))
