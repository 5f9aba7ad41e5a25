"""Worklist: the tasks of a run, from the input, the answers and the journal."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sluice_client.burst.input_line import InputLine, digest
from sluice_client.burst.journal import Journal
from sluice_client.burst.result import Result
from sluice_client.burst.submission import Submission, SubmissionBatch, partition


@dataclass(frozen=True)
class Task:
    """A batch to send, or one whose answers are to be collected."""

    batch: SubmissionBatch
    #: By custom_id, the submissions whose answers are missing.
    missing: Mapping[str, Submission]
    #: The id of the batch at the service; None when it is still to be sent.
    batch_id: str | None = None
    #: Seconds since 1970, if an earlier run may have sent it.
    first_sent: float | None = None
    #: By custom_id, batches that may contain the submission although the journal does not say so.
    possible_batches: Mapping[str, frozenset[str]] = field(default_factory=dict)


def tasks_of_run(
    lines: Sequence[InputLine],
    results: Mapping[str, Result],
    journal: Journal,
    *,
    retry_failed: bool = False,
    limit: int | None = None,
) -> list[Task]:
    """Return the tasks of this run: first the batches that may have been sent, then the others."""
    tasks = _sent_before(lines[:limit], results, journal)
    claimed = {name for task in tasks for name in task.missing}
    wanted: dict[str, Submission] = {}
    for line in lines[:limit]:
        next_one = _next(line, results.get(line.custom_id), retry_failed=retry_failed)
        if next_one and next_one.custom_id not in claimed:
            wanted[next_one.custom_id] = next_one
    journalled = {entry.batch_id for entry in journal.entries.values()}
    for part in partition((line, line.question) for line in lines):
        missing = {name: wanted[name] for line in part if (name := line.custom_id) in wanted}
        if missing:
            possible = _possible_batches(part, missing, results, journalled)
            batch = SubmissionBatch(tuple(missing.values()))
            tasks.append(Task(batch, missing, possible_batches=possible))
    return tasks


def is_settled(journal: Journal, lines: Sequence[InputLine], results: Mapping[str, Result]) -> bool:
    """Return whether no batch that was sent has answers that the input still wants."""
    return not _sent_before(lines, results, journal)


def _sent_before(
    lines: Sequence[InputLine], results: Mapping[str, Result], journal: Journal
) -> list[Task]:
    contents = {line.custom_id: digest(line.question) for line in lines}
    tasks = []
    claimed: set[str] = set()
    for entry in journal.entries.values():
        missing = {
            one.custom_id: one
            for one in entry.batch.submissions
            if one.custom_id not in claimed and _is_missing(one, contents, results)
        }
        claimed |= missing.keys()
        if missing:
            tasks.append(Task(entry.batch, missing, entry.batch_id, entry.first_sent))
    return tasks


def _is_missing(
    submission: Submission, contents: Mapping[str, str], results: Mapping[str, Result]
) -> bool:
    result = results.get(submission.custom_id)
    has_result = result is not None and result.is_of(submission)
    return contents.get(submission.custom_id) == submission.digest and not has_result


def _next(line: InputLine, result: Result | None, *, retry_failed: bool) -> Submission | None:
    first = Submission(line.question)
    if result is None or result.digest != first.digest:
        return first
    if retry_failed and not result.completed:
        return Submission(line.question, result.round + 1)
    return None


def _possible_batches(
    part: Sequence[InputLine],
    missing: Mapping[str, Submission],
    results: Mapping[str, Result],
    journalled: Collection[str | None],
) -> dict[str, frozenset[str]]:
    """Return the batches in which other lines of the part were sent, in the same round.

    They are known from the answers. With them, nothing is asked twice when the journal is lost.
    """
    batches: dict[int, set[str]] = {}
    for line in part:
        other = results.get(line.custom_id)
        if other and other.batch_id and other.batch_id not in journalled:
            batches.setdefault(other.round, set()).add(other.batch_id)
    return {
        name: frozenset(batches[one.round])
        for name, one in missing.items()
        # A line that has an answer, but is in round 1, has changed: no batch contains it yet.
        if one.round in batches and (one.round > 1 or name not in results)
    }
