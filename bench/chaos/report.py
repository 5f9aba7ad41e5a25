"""The report on chaos runs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from bench.chaos.result import SeedResult, SeedResults
from bench.report import document, table

_VIOLATIONS = ("lost", "changed", "duplicated")
_RESULT_HEAD = (
    *("seed", "lease", "jobs", "completed", "failed", "cancelled"),
    *_VIOLATIONS,
    "left behind",
)
_RESULT_LEGEND = (
    "- Lost: jobs that were accepted and have not ended.\n"
    "- Changed: jobs that changed after their end, by the API or by the history of their item.\n"
    "- Duplicated: jobs of which watchers received two different ends, and idempotency keys with"
    " two jobs.\n"
    "- Left behind: messages, dead letters, open jobs in the index, impossible bookings."
)
_RECOVERY_HEAD = (
    *("seed", "lease", "workers killed", "others killed", "frozen", "taken over"),
    *("restarted p50", "max", "ended p50", "max", "all ended", "jobs/s"),
)
_RECOVERY_LEGEND = (
    "- Frozen: workers that were stopped for one and a half leases, and continued when other"
    " workers had their jobs.\n"
    "- Taken over: jobs whose lease lapsed, so that another worker got them.\n"
    "- Restarted and ended: from the SIGKILL of a worker to the start of the next attempt, and to"
    " the job's end.\n"
    "  They cover the jobs whose lease lapsed because of the kill."
)


def report(results: SeedResults) -> str:
    """The report in Markdown."""
    about, found = results.about, results.found
    findings = [line for each in found for line in _findings(each)]
    return document(
        "# A burst during failures",
        f"{about['date']}, {about['machine']}, Python {about['python']}, MiniStack"
        f" {about['ministack']}.",
        _setting(about["rules"]),
        _violations(found),
        table(_RESULT_HEAD, map(_result_row, found)),
        _RESULT_LEGEND,
        "## Recovery",
        table(_RECOVERY_HEAD, map(_recovery_row, found)),
        _RECOVERY_LEGEND,
        "## Totals over all seeds",
        "\n".join(f"- {line}" for line in _totals(found)),
        "## Findings" if findings else "",
        "\n".join(findings),
    )


def summary(result: SeedResult) -> str:
    """One result in a line."""
    found = ", ".join(
        f"{len(getattr(result, name))} {name}"
        for name in (*_VIOLATIONS, "left")
        if getattr(result, name)
    )
    return (
        f"{result.jobs} jobs ended in {result.seconds:.0f} s,"
        f" {sum(result.killed.values())} processes killed, {result.taken_over} jobs taken over:"
        f" {found or 'nothing lost, changed or duplicated'}"
    )


def _setting(rules: Mapping[str, object]) -> str:
    faults = str(rules["faults"])
    shared, _, kendra = faults.partition(" kendra.")
    return (
        "The local stack runs with the deployed handlers.\n"
        f"Callers submit {rules['jobs']} questions in {rules['span']:g} s: in batches, one by one,"
        " and over connections.\n"
        "Some jobs are watched, cancelled, given a longest wait, or retried once they have"
        " failed.\n"
        "Some requests are sent twice at the same instant.\n"
        "Meanwhile processes are killed with SIGKILL or stopped for a while.\n"
        "Messages are sent a second time, to either queue.\n"
        "The upstreams have these faults:\n\n"
        "```text\n" + "\n".join([shared, f"kendra.{kendra}"] if kendra else [faults]) + "\n```"
    )


def _violations(found: Sequence[SeedResult]) -> str:
    jobs = sum(each.jobs for each in found)
    sums = [f"{sum(len(getattr(each, name)) for each in found)} {name}" for name in _VIOLATIONS]
    return f"**{jobs:,} jobs: {', '.join(sums)}.**"


def _result_row(each: SeedResult) -> list[str]:
    found = (each.lost, each.changed, each.duplicated, each.left)
    by_status = [each.by_status.get(name, 0) for name in ("completed", "failed", "cancelled")]
    numbers = [each.jobs, *by_status, *map(len, found)]
    return [f"{each.seed}", f"{each.lease_seconds} s", *map(str, numbers)]


def _recovery_row(each: SeedResult) -> list[str]:
    others = sum(count for name, count in each.killed.items() if name != "worker")
    return [
        f"{each.seed}",
        f"{each.lease_seconds} s",
        f"{each.killed.get('worker', 0)}",
        f"{others}",
        f"{each.frozen}",
        f"{each.taken_over}",
        *_median_and_max(each.restarted_after),
        *_median_and_max(each.ended_after),
        f"{each.seconds:.0f} s",
        f"{each.jobs / each.seconds:.1f}" if each.seconds else "",
    ]


def _median_and_max(seconds: Sequence[float]) -> tuple[str, str]:
    return (f"{median(seconds):.1f} s", f"{max(seconds):.1f} s") if seconds else ("", "")


def _totals(found: Sequence[SeedResult]) -> Iterator[str]:
    jobs = max(sum(each.jobs for each in found), 1)
    yield (
        f"upstream calls per job: {_sum(found, 'model_calls') / jobs:.2f} to the model,"
        f" {_sum(found, 'kendra_calls') / jobs:.2f} to Kendra"
    )
    yield f"failed jobs by type: {_counts(each.failed_by_type for each in found)}"
    yield f"jobs by attempts: {_counts(each.attempts for each in found)}"
    yield f"jobs by leases: {_counts(each.leases for each in found)}"
    yield f"faults of the upstreams: {_counts(each.faults for each in found)}"
    yield f"responses that the client retried: {_counts(each.client_retries for each in found)}"
    yield f"messages sent twice: {_sum(found, 'doubled_messages')}"
    yield f"requests sent more than once: {_sum(found, 'doubled_requests')}"
    yield f"ends that watchers received: {_sum(found, 'told')}"
    yield f"failed jobs that were retried: {_sum(found, 'retried')}"
    yield f"jobs that ended but were never confirmed to the caller: {_sum(found, 'unconfirmed')}"
    yield (
        f"questions over connections that were refused or not answered: {_sum(found, 'unanswered')}"
    )


def _sum(found: Sequence[SeedResult], name: str) -> int:
    return sum(int(getattr(each, name)) for each in found)


def _counts(each: Iterable[Mapping[str, int] | Mapping[int, int]]) -> str:
    total: Counter[str] = Counter()
    for counts in each:
        total.update({str(name): count for name, count in counts.items()})
    return ", ".join(f"{name}: {total[name]}" for name in sorted(total)) or "none"


def _findings(each: SeedResult) -> Iterator[str]:
    for name in (*_VIOLATIONS, "left"):
        for finding in getattr(each, name):
            yield f"- seed {each.seed}, lease {each.lease_seconds} s, {name}: {finding}"
