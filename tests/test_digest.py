"""A digest tells which jobs of a list may be new or changed since."""

import os
import subprocess
import sys
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.digest import (
    ALL,
    NOTHING,
    checksum,
    differing,
    digest,
    fingerprint,
    from_text,
    merge,
    pack,
    part_of,
    short,
    to_text,
    unpack,
)

IDS = st.text(max_size=20)
SOME = st.dictionaries(IDS, st.sampled_from(["FAILED", "COMPLETED", ""]), max_size=60)


def prints(jobs):
    return [fingerprint(job_id, state) for job_id, state in jobs.items()]


@given(SOME, st.randoms())
def test_the_same_jobs_have_the_same_digest_in_any_order(jobs, random):
    found = prints(jobs)
    assert digest(found) == digest(random.sample(found, len(found)))


def test_a_state_may_hold_halves_of_characters():
    found = {fingerprint("j", state) for state in ("FAILED\ud800", "FAILED\udc00", "FAILED?")}
    assert len(found) == 3


@given(SOME, SOME)
def test_a_digest_goes_on_from_another(first, second):
    fresh = {job_id: state for job_id, state in second.items() if job_id not in first}
    assert digest(prints(fresh), digest(prints(first))) == digest(prints(first | fresh))


@given(SOME, IDS)
def test_one_job_more_or_less_makes_its_part_differ_and_no_other(others, job_id):
    others.pop(job_id, None)
    without, with_it = digest(prints(others)), digest(prints(others | {job_id: "NEW"}))
    assert differing(without, with_it) == differing(with_it, without) == {part_of(job_id)}


@given(IDS, st.sampled_from(["COMPLETED", "FAILED"]))
def test_a_job_that_changed_has_another_fingerprint_in_the_same_part(job_id, state):
    assert fingerprint(job_id, state) == fingerprint(job_id, state)
    assert fingerprint(job_id, state) != fingerprint(job_id, state + "!")
    assert fingerprint(job_id, state) != fingerprint(job_id + "!", state)
    assert fingerprint(job_id, state) % 256 == part_of(job_id)


@given(SOME, SOME, st.frozensets(st.sampled_from(sorted(ALL))))
def test_some_parts_are_taken_from_the_new_and_the_others_from_the_old(old, new, parts):
    before, after = digest(prints(old)), digest(prints(new))
    merged = merge(before, after, parts)
    assert differing(merged, after) == differing(before, after) - parts
    assert differing(merged, before) == differing(before, after) & parts


def test_jobs_are_spread_over_all_parts():
    parts = [part_of(f"job-{number}") for number in range(10_000)]
    assert set(parts) == ALL
    assert max(parts.count(each) for each in ALL) < 100


@given(SOME)
def test_a_digest_is_read_back_as_it_was_written(jobs):
    whole = digest(prints(jobs))
    assert unpack(pack(whole)) == whole
    assert from_text(to_text(whole)) == whole


def test_a_digest_of_few_jobs_is_small_and_of_many_bounded():
    found = [fingerprint(f"job-{number}", "FAILED") for number in range(100_000)]
    assert len(pack(NOTHING)) < 50
    assert len(pack(digest(found[:10]))) < 250
    assert len(pack(digest(found))) < 1_600


@given(st.sets(IDS, max_size=20), IDS)
def test_a_checksum_knows_one_id_more_or_less(ids, one):
    assert checksum(ids | {one}) != checksum(ids - {one})
    assert checksum(ids | {one}) ^ checksum({one}) == checksum(ids - {one})


@given(IDS)
def test_an_id_of_any_length_is_short(job_id):
    assert len(short(job_id * 100)) == 12
    assert short(job_id) != short(job_id + "!")


def test_who_does_not_know_the_stacks_key_knows_no_hash():
    """In a process of its own, as the key is of its environment."""
    script = "from lambdas.digest import *; print(fingerprint('j', 'x'), checksum('j'))"

    def hashed(key):
        environment = {**os.environ, "DIGEST_KEY": key}
        command = [sys.executable, "-c", script]
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    one, other = hashed("4b9c"), hashed("77aa")
    assert one == hashed("4b9c")
    assert {*one.split()}.isdisjoint(other.split())


@pytest.mark.parametrize("size", [0, len(NOTHING) - 1, len(NOTHING) + 1, 100_000_000])
def test_what_inflates_to_anything_but_a_digest_is_none_and_takes_no_room(size):
    packed = zlib.compress(bytes(size))
    tracemalloc.start()
    with pytest.raises(ValueError, match="no digest"):
        unpack(packed)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000
