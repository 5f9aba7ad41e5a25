"""The outcomes in words and tables."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from bench.chaos.outcome import Outcome, Outcomes
from bench.report import table

_WRONG = ("lost", "changed", "duplicated")
_HEAD = (
    *("seed", "lease", "jobs", "completed", "failed", "cancelled"),
    *_WRONG,
    "left behind",
)
_WORDS = (
    "Lost: accepted and not ended. Changed: another outcome after the end, by the API or by the"
    " history of its item.\nDuplicated: watchers told two ends, or two jobs for one idempotency"
    " key. Left behind: messages, dead letters, open\njobs in the index, bookings that cannot be."
)
_BLOWS = (
    *("seed", "lease", "workers killed", "others killed", "frozen", "taken over"),
    *("begun again p50", "max", "ended p50", "max", "all ended", "jobs/s"),
)
_BLOW_WORDS = (
    "Frozen: workers stopped for one and a half leases, who go on when others have their jobs."
    " Begun again and ended: from\nthe kill -9 of a worker to the next attempt's begin and to the"
    " job's end, for jobs whose lease lapsed by it."
)


def report(kept: Outcomes) -> str:
    """The results as Markdown that reads well as it is."""
    about, found = kept.about, kept.found
    parts = [
        "# A burst while everything goes wrong",
        f"{about['date']}, {about['machine']}, Python {about['python']}, MiniStack"
        f" {about['ministack']}.",
        _told(about["rules"]),
        _verdict(found),
        table(_HEAD, [_row(each) for each in found]),
        _WORDS,
        table(_BLOWS, [_blows(each) for each in found]),
        _BLOW_WORDS,
        "## Sums over all seeds",
        "\n".join(f"- {line}" for line in _sums(found)),
    ]
    if wrong := [line for each in found for line in _findings(each)]:
        parts += ["## What was found", "\n".join(wrong)]
    return "\n\n".join(parts) + "\n"


def told(outcome: Outcome) -> str:
    """One outcome in a line."""
    wrong = ", ".join(
        f"{len(getattr(outcome, name))} {name}"
        for name in ("lost", "changed", "duplicated", "left")
        if getattr(outcome, name)
    )
    return (
        f"{outcome.jobs} jobs ended in {outcome.seconds:.0f} s,"
        f" {sum(outcome.killed.values())} processes killed, {outcome.taken_over} taken over:"
        f" {wrong or 'nothing lost, changed or duplicated'}"
    )


def _told(rules: Mapping[str, object]) -> str:
    return (
        f"The local stack with the deployed handlers. In {rules['span']:g} s {rules['jobs']}"
        " questions are submitted, in batches, one by one and\nover connections; some are watched,"
        " cancelled, given a longest wait, sent twice at the same instant, asked again once\nthey"
        " have failed. Meanwhile processes are killed with -9 or stopped for a while, messages are"
        f" sent a second time to either\nqueue, and the upstreams go wrong:\n`{rules['faults']}`."
    )


def _verdict(found: Sequence[Outcome]) -> str:
    jobs = sum(each.jobs for each in found)
    sums = [f"{sum(len(getattr(each, name)) for each in found)} {name}" for name in _WRONG]
    return f"**{jobs:,} jobs: {', '.join(sums)}.**"


def _row(each: Outcome) -> list[str]:
    wrong = (each.lost, each.changed, each.duplicated, each.left)
    by_status = [each.by_status.get(name, 0) for name in ("completed", "failed", "cancelled")]
    numbers = [each.jobs, *by_status, *map(len, wrong)]
    return [f"{each.seed}", f"{each.lease_seconds} s", *map(str, numbers)]


def _blows(each: Outcome) -> list[str]:
    others = sum(count for name, count in each.killed.items() if name != "worker")
    return [
        f"{each.seed}",
        f"{each.lease_seconds} s",
        f"{each.killed.get('worker', 0)}",
        f"{others}",
        f"{each.frozen}",
        f"{each.taken_over}",
        *_middle_and_most(each.begun_after),
        *_middle_and_most(each.ended_after),
        f"{each.seconds:.0f} s",
        f"{each.jobs / each.seconds:.1f}" if each.seconds else "",
    ]


def _middle_and_most(seconds: Sequence[float]) -> tuple[str, str]:
    return (f"{median(seconds):.1f} s", f"{max(seconds):.1f} s") if seconds else ("", "")


def _sums(found: Sequence[Outcome]) -> Iterable[str]:
    jobs = max(sum(each.jobs for each in found), 1)
    yield (
        f"upstream calls per job: {_sum(found, 'model_calls') / jobs:.2f} of the model,"
        f" {_sum(found, 'kendra_calls') / jobs:.2f} of Kendra"
    )
    yield f"failed by type: {_counts(each.failed_by_type for each in found)}"
    yield f"jobs by attempts: {_counts(each.attempts for each in found)}"
    yield f"jobs by leases: {_counts(each.executions for each in found)}"
    yield f"the upstreams' faults: {_counts(each.faults for each in found)}"
    yield f"answers that made the caller ask again: {_counts(each.troubles for each in found)}"
    yield (
        f"{_sum(found, 'doubled_messages')} messages and {_sum(found, 'doubled_requests')} requests"
        f" sent more than once, {_sum(found, 'told')} ends told to watchers,"
        f" {_sum(found, 'retried')} failed jobs asked again"
    )
    yield (
        f"{_sum(found, 'unconfirmed')} jobs were stored and ended though their caller was never"
        f" told; {_sum(found, 'unheard')} questions over connections were refused or not heard"
    )


def _sum(found: Sequence[Outcome], name: str) -> int:
    return sum(int(getattr(each, name)) for each in found)


def _counts(each: Iterable[Mapping[str, int] | Mapping[int, int]]) -> str:
    total: Counter[str] = Counter()
    for counts in each:
        total.update({str(name): count for name, count in counts.items()})
    return ", ".join(f"{name}: {total[name]}" for name in sorted(total)) or "none"


def _findings(each: Outcome) -> Iterable[str]:
    for name in (*_WRONG, "left"):
        for finding in getattr(each, name):
            yield f"- seed {each.seed}, lease {each.lease_seconds} s, {name}: {finding}"
