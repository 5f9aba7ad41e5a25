"""Agenda: what a run has to do, from the input, the answers and the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice_client.burst.input_line import Line, digest
from sluice_client.burst.journal import Journal
from sluice_client.burst.result import Outcome
from sluice_client.burst.submission import Ask, Bundle, partition


@dataclass(frozen=True)
class Errand:
    """A bundle to send, or to collect the answers of."""

    bundle: Bundle
    #: By custom_id, those whose answers are wanted.
    missing: Mapping[str, Ask]
    #: The batch it is known to be; None when it is still to be sent.
    batch_id: str | None = None
    #: Seconds since 1970, if it may have been sent in a run before.
    since: float | None = None
    #: By custom_id, batches in which it may be on its way though the journal does not say so.
    kin: Mapping[str, frozenset[str]] = field(default_factory=dict)


def agenda(
    lines: Sequence[Line],
    outcomes: Mapping[str, Outcome],
    journal: Journal,
    *,
    retry_failed: bool = False,
    limit: int | None = None,
) -> list[Errand]:
    """Return the errands of this run: first what may be on its way, then what is to be sent."""
    errands = _on_their_way(lines[:limit], outcomes, journal)
    claimed = {name for errand in errands for name in errand.missing}
    wanted: dict[str, Ask] = {}
    for line in lines[:limit]:
        ask = _next_ask(line, outcomes.get(line.custom_id), retry_failed=retry_failed)
        if ask and ask.custom_id not in claimed:
            wanted[ask.custom_id] = ask
    for part in partition((line, line.question) for line in lines):
        asks = {name: wanted[name] for line in part if (name := line.custom_id) in wanted}
        if asks:
            kin = _kin(part, asks, outcomes, journal)
            errands.append(Errand(Bundle(tuple(asks.values())), asks, kin=kin))
    return errands


def _on_their_way(
    lines: Sequence[Line], outcomes: Mapping[str, Outcome], journal: Journal
) -> list[Errand]:
    contents = {line.custom_id: digest(line.question) for line in lines}
    errands = []
    claimed: set[str] = set()
    for entry in journal.entries.values():
        missing = {
            ask.custom_id: ask
            for ask in entry.bundle.asks
            if ask.custom_id not in claimed and _is_missing(ask, contents, outcomes)
        }
        claimed |= missing.keys()
        if missing:
            errands.append(Errand(entry.bundle, missing, entry.batch_id, entry.since))
    return errands


def is_settled(journal: Journal, lines: Sequence[Line], outcomes: Mapping[str, Outcome]) -> bool:
    """Whether nothing is on its way that the input wants."""
    return not _on_their_way(lines, outcomes, journal)


def _is_missing(ask: Ask, contents: Mapping[str, str], outcomes: Mapping[str, Outcome]) -> bool:
    outcome = outcomes.get(ask.custom_id)
    is_answered = outcome is not None and outcome.answers(ask)
    return contents.get(ask.custom_id) == ask.digest and not is_answered


def _next_ask(line: Line, outcome: Outcome | None, *, retry_failed: bool) -> Ask | None:
    first = Ask(line.question)
    if outcome is None or outcome.digest != first.digest:
        return first
    if retry_failed and not outcome.completed:
        return Ask(line.question, outcome.round + 1)
    return None


def _kin(
    part: Sequence[Line],
    asks: Mapping[str, Ask],
    outcomes: Mapping[str, Outcome],
    journal: Journal,
) -> dict[str, frozenset[str]]:
    """Return the batches in which the others of the same part were sent, in the same round.

    A journal that was lost is no reason to ask twice, as long as the answers tell of the batches.
    """
    known = {entry.batch_id for entry in journal.entries.values()}
    batches: dict[int, set[str]] = {}
    for line in part:
        mate = outcomes.get(line.custom_id)
        if mate and mate.batch_id and mate.batch_id not in known:
            batches.setdefault(mate.round, set()).add(mate.batch_id)
    return {
        name: frozenset(batches[ask.round])
        for name, ask in asks.items()
        # What was answered and is now asked for the first time has changed: it is nowhere yet.
        if ask.round in batches and (ask.round > 1 or name not in outcomes)
    }
