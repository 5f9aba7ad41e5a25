"""The pure parts of `make bench-burst`: cases, ratios, aims, what is kept, and the table."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.text import Text

from bench.burst import corpus, matrix
from bench.burst.case import SLUICE, Case
from bench.burst.outcome import Look, Outcome, ideal_line, percentile, thin
from bench.burst.outcomes import Outcomes
from bench.burst.picture import draw, picture
from bench.burst.report import report
from bench.burst.theirs import PEERS
from bench.burst.verdicts import verdicts
from local.quota import Shape

PEER = next(iter(PEERS))


def outcome(system: str = SLUICE, **facts: object) -> Outcome:
    """A burst of 100 questions that drained in 60 s, 0.75 of its ideal."""
    case = Case(system, 1.5, Shape.BUCKET, 1, number=100)
    usual: dict[str, object] = {
        "completed": 100,
        "seconds": 60.0,
        "calls": 100,
        "charged": 400_000.0,
        "queries": 100,
        "looks": [Look(1, 10, 0), Look(60, 100, 0)],
    }
    return replace(Outcome(case, "2026-01-01T00:00:00+00:00"), **usual | facts)  # type: ignore[arg-type]


def kept(tmp_path: Path, *outcomes: Outcome) -> Outcomes:
    about = {
        "upstream": "stand-ins",
        "date": "2026-01-01",
        "machine": "2 cores",
        "python": "3.11",
        "versions": {"boto3": "1"},
    }
    found = Outcomes(tmp_path / "burst.json", about)
    for each in outcomes:
        found.add(each)
    return found


def test_a_burst_is_as_many_questions_as_its_charges_fill_the_quota() -> None:
    # 1,500 + 120 tokens each at x1, 1,500 + 600 at x5; 300,000 a minute.
    assert Case(SLUICE, 5, Shape.BUCKET, 1).questions == math.ceil(5 * 300_000 / 1_620)
    assert Case(SLUICE, 5, Shape.BUCKET, 5).questions == math.ceil(5 * 300_000 / 2_100)


def test_a_tighter_quota_of_queries_sets_the_size_and_the_ideal() -> None:
    case = Case(SLUICE, 5, Shape.BUCKET, 1, queries_per_second=2)
    assert case.questions == 600
    assert case.ideal_seconds(300_000, 600) == 300
    assert case.ideal_seconds(3_000_000, 600) == 600


def test_ideal_is_what_was_charged_over_the_quota() -> None:
    found = outcome()
    assert found.ideal == 80
    assert found.drain == 0.75
    assert ideal_line(found) == [(0.0, 0.0), (80.0, 100.0)]


def test_a_burst_with_a_question_still_open_has_not_drained() -> None:
    assert outcome(completed=99).drain == math.inf
    assert outcome(completed=99, failed=1).drain == 0.75


def test_queries_count_as_calls_only_where_they_have_a_quota() -> None:
    found = outcome(throttled=5)
    assert found.throttled_share == 0.05
    with_queries = replace(found, case=replace(found.case, queries_per_second=2.0))
    assert with_queries.throttled_share == 0.025


@pytest.mark.parametrize(("share", "value"), [(0, 1), (50, 2), (75, 3), (76, 4), (100, 4)])
def test_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert percentile([4, 1, 3, 2], share) == value


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_questions_amid_are_told_in_times_of_the_median_alone() -> None:
    found = outcome(unloaded=[1.0, 9.0, 2.0], amid=[3.0, 5.0, 4.0])
    assert found.slower_amid == (2.0, 2.5)
    assert outcome().slower_amid is None


def test_receives_are_all_deliveries_over_the_questions() -> None:
    assert outcome(deliveries={"completed": 100, "not-yet": 30}).receives == 1.3


def test_thinned_looks_keep_every_change_and_the_moment_before_it() -> None:
    looks = [Look(at, answers, 0) for at, answers in enumerate([0, 0, 0, 5, 5, 5, 6])]
    assert [look.seconds for look in thin(looks)] == [0, 2, 3, 5, 6]


def test_what_is_kept_reads_back_the_same(tmp_path: Path) -> None:
    found = kept(tmp_path, outcome(), outcome(PEER, note="2 x error"))
    again = Outcomes.read(found.path)
    assert again.found == found.found
    assert again.about == found.about
    assert not list(tmp_path.glob("*.tmp"))


def test_a_case_measured_again_replaces_the_earlier_one(tmp_path: Path) -> None:
    found = kept(tmp_path, outcome(), outcome(seconds=70.0))
    assert [each.seconds for each in Outcomes.read(found.path).found] == [70.0]


def test_resuming_runs_again_what_could_not_be_measured(tmp_path: Path) -> None:
    found = kept(tmp_path, outcome(calls=0, note="not measured: no room"), outcome(PEER))
    assert not found.has(outcome().case)
    assert found.has(outcome(PEER).case)


def test_aims_are_judged_by_the_worst_burst() -> None:
    slow = outcome(seconds=72.0)
    text = "\n".join(verdicts([outcome(), slow]))
    assert "Missed: short ones at x1 within 0.8 x ideal (0.900, the worst of 2)" in text
    assert "Met: no question fails (0, the worst of 2)" in text


def test_what_could_not_be_measured_bears_on_no_aim() -> None:
    assert verdicts([outcome(completed=0, calls=0, note="not measured: no room")]) == []


def test_an_unanswered_question_has_failed() -> None:
    assert "- Missed: no question fails (1)." in verdicts([outcome(completed=99)])


def test_a_burst_told_twice_the_quota_has_aims_of_its_own() -> None:
    case = replace(outcome().case, told=2.0)
    text = "\n".join(verdicts([outcome(case=case, throttled=2, seconds=88.0)]))
    assert "Met: told twice the quota: throttled at most 3 % (2.00)" in text
    assert "Met: told twice the quota: drain within 1.25 x ideal (1.100)" in text
    assert "0.1 %" not in text


def test_a_peer_that_throttles_a_lot_or_gives_up_is_no_rival() -> None:
    careless = outcome(PEER, seconds=20.0, calls=102, throttled=2)
    assert "there is none" in verdicts([outcome(), careless])[-1]
    assert "there is none" in verdicts([outcome(), outcome(PEER, completed=99, failed=1)])[-1]
    careful = outcome(PEER, seconds=50.0)
    assert verdicts([outcome(), careful])[-1].startswith("- Missed: faster")


def test_whatever_the_shape_each_system_counts_with_its_worst() -> None:
    rolling = replace(outcome().case, shape=Shape.ROLLING)
    ours = [outcome(), outcome(case=rolling, seconds=64.0)]
    quick = outcome(PEER, seconds=30.0)
    throttled = outcome(case=replace(rolling, system=PEER), seconds=62.0, throttled=40)
    line = verdicts([*ours, quick, throttled])[-1]
    assert line.startswith("- Met: faster")
    assert "x1, whatever the shape (0.80 x ideal; there is none)" in line
    spared = replace(throttled, throttled=0)
    line = verdicts([*ours, quick, spared])[-1]
    assert line.startswith("- Missed: faster")
    assert f"(0.80 x ideal; {PEER} 0.78)" in line


def test_the_table_puts_the_fastest_first_and_says_why_one_is_missing(tmp_path: Path) -> None:
    why = "not measured: no Python 3.13 here"
    missing = outcome("token-throttle", completed=0, calls=0, charged=0.0, note=why)
    text = report(kept(tmp_path, outcome(PEER, seconds=70.0), outcome(), missing))
    beside = text[text.index("## Beside its peers") : text.index("## Aims")]
    assert beside.index("| sluice") < beside.index(f"| {PEER}") < beside.index("| token-throttle")
    assert f"token-throttle, {outcome().case.burst}: {why}." in beside


def test_a_report_needs_no_peers_and_no_load(tmp_path: Path) -> None:
    text = report(kept(tmp_path, outcome(looks=[])))
    assert "## Beside" not in text
    assert "an unknown share" in text


def test_the_picture_has_each_system_and_the_ideal(tmp_path: Path) -> None:
    struck = [Look(1, 5, 0), Look(2, 6, 3), Look(90, 100, 3)]
    found = kept(tmp_path, outcome(), outcome(PEER, throttled=3, looks=struck))
    figure = picture(found)
    assert figure
    texts = {text.get_text() for text in figure.findobj(Text)}
    assert {"ideal", SLUICE, f"{PEER} (3 throttled: x)", outcome().case.burst} <= texts


def test_the_same_results_draw_the_same_small_file(tmp_path: Path) -> None:
    found = kept(tmp_path, outcome(), outcome(PEER, throttled=3))
    path = tmp_path / "burst.png"
    draw(found, path)
    before = path.read_bytes()
    assert before.startswith(b"\x89PNG")
    assert len(before) < 150_000
    draw(found, path)
    assert path.read_bytes() == before


def test_no_picture_of_an_upstream_that_told_nothing(tmp_path: Path) -> None:
    draw(kept(tmp_path, outcome(looks=[])), tmp_path / "burst.png")
    assert not (tmp_path / "burst.png").exists()


def test_documents_are_as_long_as_the_prompts_are_to_be(tmp_path: Path) -> None:
    asked = corpus.write(tmp_path)
    sizes = sorted(path.stat().st_size / 4 for path in tmp_path.iterdir())
    assert len(asked) == len(sizes) == len(set(asked))
    least, most = corpus.PROMPT_TOKENS
    assert least - 300 < sizes[0] < least
    assert most - 400 < sizes[-1] < most


def test_questions_are_asked_in_turn() -> None:
    assert corpus.questions(["a", "b"], 5) == ["a", "b", "a", "b", "a"]


def test_usual_cases_have_each_peer_beside_sluice_and_no_two_names_alike() -> None:
    cases = matrix.usual()
    assert len({case.name for case in cases}) == len(cases)
    bursts = {case.burst for case in cases if case.system == SLUICE}
    assert all(case.burst in bursts for case in cases)
    assert {case.system for case in cases} == {SLUICE, *PEERS}


def test_looks_are_one_line_in_the_file(tmp_path: Path) -> None:
    found = kept(tmp_path, outcome())
    assert json.loads(found.path.read_text())["outcomes"][0]["looks"] == [[1, 10, 0], [60, 100, 0]]
    assert len(found.path.read_text().splitlines()) < 40
