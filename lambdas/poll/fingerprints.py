"""What of a job's state counts: a job whose fingerprint is the same needs no look."""

from lambdas import digest
from lambdas.apis.paths import path
from lambdas.model import Job, ListedJob
from lambdas.plan import Source


def fingerprint(source: Source, job: ListedJob | Job, *, progress: bool) -> int:
    """Hash a job's statuses, when it was created, when it ended, and how far it is if asked for."""
    answer = job.answer
    state = [job.raw_status, job.status, path(source.created)(answer)]
    if job.terminal:
        state.append(path(source.ended)(answer))
    if progress:
        state += [path(each)(answer) for each in source.progress.values()]
    return digest.fingerprint(job.id, "\0".join(map(str, state)))


def veiled(source: Source, job: ListedJob) -> str:
    """Name a job that is stored nowhere by a hash of its id and of when it was created: no id."""
    return f"\0{digest.fingerprint(job.id, str(path(source.created)(job.answer))):x}"
