"""A digest tells which finished jobs of a list may be new or changed since."""

from hypothesis import given
from hypothesis import strategies as st

from lambdas.digest import ALL, NOTHING, differing, digest, fingerprint, packed, part, unpacked
from tests.values import job

PRINTS = st.integers(0, 2**48 - 1)
SOME = st.sets(PRINTS, max_size=60)


@given(st.lists(PRINTS, unique=True, max_size=60), st.randoms())
def test_the_same_jobs_have_the_same_digest_in_any_order(prints, random):
    shuffled = random.sample(prints, len(prints))
    assert digest(prints) == digest(shuffled)


@given(SOME, SOME)
def test_a_digest_goes_on_from_another(first, second):
    assert digest(second - first, digest(first)) == digest(first | second)


@given(SOME, PRINTS)
def test_one_job_more_or_less_makes_its_part_differ_and_no_other(others, one):
    without, with_it = digest(others - {one}), digest(others | {one})
    assert differing(without, with_it) == differing(with_it, without)
    assert differing(without, with_it) <= {part(one)}
    if one:
        assert differing(without, with_it) == {part(one)}


@given(st.text(max_size=20), st.sampled_from(["COMPLETED", "FAILED", None]))
def test_a_job_that_changed_has_another_fingerprint(job_id, raw):
    one = job("FAILED", raw, job_id)
    assert fingerprint(one) == fingerprint(job("FAILED", raw, job_id, ended_at=None))
    assert fingerprint(one) != fingerprint(job("CANCELLED", raw, job_id))
    assert fingerprint(one) != fingerprint(job("FAILED", "ANOTHER", job_id))
    assert fingerprint(one) != fingerprint(job("FAILED", raw, job_id + "!"))


def test_jobs_are_spread_over_all_parts():
    parts = [part(fingerprint(job(job_id=f"job-{number}"))) for number in range(10_000)]
    assert set(parts) == ALL
    assert max(parts.count(each) for each in ALL) < 100


@given(SOME)
def test_a_digest_is_read_back_as_it_was_written(prints):
    assert unpacked(packed(digest(prints))) == digest(prints)


def test_a_digest_of_few_jobs_is_small_and_of_many_bounded():
    marks = [fingerprint(job(job_id=f"job-{number}")) for number in range(100_000)]
    assert len(packed(NOTHING)) < 50
    assert len(packed(digest(marks[:10]))) < 250
    assert len(packed(digest(marks))) < 2_200
