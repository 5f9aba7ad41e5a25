"""The pure parts of `make bench-burst`: cases, ratios, targets, saved results, and the report."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.text import Text

from bench.burst import cases, corpus
from bench.burst.case import SLUICE, Case
from bench.burst.peer_run import PEERS
from bench.burst.picture import draw, picture
from bench.burst.report import report
from bench.burst.result import BurstResult, Sample, ideal_line, percentile, thin
from bench.burst.results import BurstResults
from bench.burst.targets import targets
from local.quota import Shape

PEER = next(iter(PEERS))


def result(system: str = SLUICE, **facts: object) -> BurstResult:
    """The result of 100 questions that drained in 60 s, 0.75 of the ideal."""
    case = Case(system, 1.5, Shape.BUCKET, 1, number=100)
    default: dict[str, object] = {
        "completed": 100,
        "seconds": 60.0,
        "calls": 100,
        "charged": 400_000.0,
        "queries": 100,
        "samples": [Sample(1, 10, 0), Sample(60, 100, 0)],
    }
    return replace(BurstResult(case, "2026-01-01T00:00:00+00:00"), **default | facts)  # type: ignore[arg-type]


def saved(tmp_path: Path, *results: BurstResult) -> BurstResults:
    """Results that were saved to a file."""
    about = {
        "upstream": "stand-ins",
        "date": "2026-01-01",
        "machine": "2 cores",
        "python": "3.11",
        "versions": {"boto3": "1"},
    }
    found = BurstResults(tmp_path / "burst.json", about)
    for each in results:
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
    found = result()
    assert found.ideal == 80
    assert found.drain == 0.75
    assert ideal_line(found) == [(0.0, 0.0), (80.0, 100.0)]


def test_a_burst_with_a_question_still_open_has_not_drained() -> None:
    assert result(completed=99).drain == math.inf
    assert result(completed=99, failed=1).drain == 0.75


def test_queries_count_as_calls_only_where_they_have_a_quota() -> None:
    found = result(throttled=5)
    assert found.throttled_share == 0.05
    with_queries = replace(found, case=replace(found.case, queries_per_second=2.0))
    assert with_queries.throttled_share == 0.025


@pytest.mark.parametrize(("share", "value"), [(0, 1), (50, 2), (75, 3), (76, 4), (100, 4)])
def test_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert percentile([4, 1, 3, 2], share) == value


def test_an_empty_list_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="empty"):
        percentile([], 50)


def test_slowdown_is_relative_to_the_median_without_a_burst() -> None:
    found = result(unloaded=[1.0, 9.0, 2.0], during=[3.0, 5.0, 4.0])
    assert found.slowdown == (2.0, 2.5)
    assert result().slowdown is None


def test_receives_are_all_deliveries_over_the_questions() -> None:
    assert result(deliveries={"completed": 100, "not-yet": 30}).receives == 1.3


def test_thinned_samples_keep_every_change_and_the_sample_before_it() -> None:
    samples = [Sample(at, answers, 0) for at, answers in enumerate([0, 0, 0, 5, 5, 5, 6])]
    assert [sample.seconds for sample in thin(samples)] == [0, 2, 3, 5, 6]


def test_saved_results_read_back_the_same(tmp_path: Path) -> None:
    found = saved(tmp_path, result(), result(PEER, note="2 x error"))
    again = BurstResults.read(found.path)
    assert again.found == found.found
    assert again.about == found.about
    assert not list(tmp_path.glob("*.tmp"))


def test_a_case_measured_again_replaces_the_earlier_one(tmp_path: Path) -> None:
    found = saved(tmp_path, result(), result(seconds=70.0))
    assert [each.seconds for each in BurstResults.read(found.path).found] == [70.0]


def test_resuming_runs_cases_again_that_could_not_be_measured(tmp_path: Path) -> None:
    found = saved(tmp_path, result(calls=0, note="not measured: no room"), result(PEER))
    assert not found.has(result().case)
    assert found.has(result(PEER).case)


def test_targets_are_judged_by_the_worst_burst() -> None:
    slow = result(seconds=72.0)
    text = "\n".join(targets([result(), slow]))
    assert "Missed: short bursts at x1 drain within 0.8 x ideal (0.900, the worst of 2)" in text
    assert "Met: no question fails (0, the worst of 2)" in text


def test_results_that_could_not_be_measured_count_for_no_target() -> None:
    assert targets([result(completed=0, calls=0, note="not measured: no room")]) == []


def test_an_unanswered_question_counts_as_failed() -> None:
    assert "- Missed: no question fails (1)." in targets([result(completed=99)])


def test_a_burst_configured_with_twice_the_quota_has_targets_of_its_own() -> None:
    case = replace(result().case, quota_factor=2.0)
    text = "\n".join(targets([result(case=case, throttled=2, seconds=88.0)]))
    assert "Met: configured with twice the quota: at most 3 % of calls throttled (2.00)" in text
    assert "Met: configured with twice the quota: drains within 1.25 x ideal (1.100)" in text
    assert "0.1 %" not in text


def test_peers_that_are_throttled_often_or_fail_are_not_compared() -> None:
    careless = result(PEER, seconds=20.0, calls=102, throttled=2)
    assert "no such peer" in targets([result(), careless])[-1]
    assert "no such peer" in targets([result(), result(PEER, completed=99, failed=1)])[-1]
    careful = result(PEER, seconds=50.0)
    line = targets([result(), careful])[-1]
    assert line.startswith("- Missed: ")
    assert ": faster than every careful peer" in line


def test_with_an_unknown_shape_each_system_counts_with_its_worst() -> None:
    rolling = replace(result().case, shape=Shape.ROLLING)
    sluice = [result(), result(case=rolling, seconds=64.0)]
    quick = result(PEER, seconds=30.0)
    throttled = result(case=replace(rolling, system=PEER), seconds=62.0, throttled=40)
    line = targets([*sluice, quick, throttled])[-1]
    assert line.startswith(
        "- Met: 100 questions, x1, shape unknown: faster than every careful peer"
    )
    assert "(0.80 x ideal; no such peer)" in line
    spared = replace(throttled, throttled=0)
    line = targets([*sluice, quick, spared])[-1]
    assert line.startswith(
        "- Missed: 100 questions, x1, shape unknown: faster than every careful peer"
    )
    assert f"(0.80 x ideal; {PEER}: 0.78)" in line


def test_the_table_puts_the_fastest_first_and_says_why_a_result_is_missing(tmp_path: Path) -> None:
    why = "not measured: no Python 3.13 here"
    missing = result("token-throttle", completed=0, calls=0, charged=0.0, note=why)
    text = report(saved(tmp_path, result(PEER, seconds=70.0), result(), missing))
    compared = text[text.index("## Compared with peers") : text.index("## Targets")]
    places = [compared.index(f"| {name}") for name in (SLUICE, PEER, "token-throttle")]
    assert places == sorted(places)
    assert f"token-throttle, {result().case.burst}: {why}." in compared


def test_a_report_needs_no_peers_and_no_load(tmp_path: Path) -> None:
    text = report(saved(tmp_path, result(samples=[])))
    assert "## Compared" not in text
    assert "an unknown share" in text


def test_the_picture_has_each_system_and_the_ideal(tmp_path: Path) -> None:
    throttled = [Sample(1, 5, 0), Sample(2, 6, 3), Sample(90, 100, 3)]
    found = saved(tmp_path, result(), result(PEER, throttled=3, samples=throttled))
    figure = picture(found)
    assert figure
    texts = {text.get_text() for text in figure.findobj(Text)}
    assert {"ideal", SLUICE, f"{PEER} (3 throttled: x)", result().case.burst} <= texts


def test_the_same_results_draw_the_same_small_file(tmp_path: Path) -> None:
    found = saved(tmp_path, result(), result(PEER, throttled=3))
    path = tmp_path / "burst.png"
    draw(found, path)
    before = path.read_bytes()
    assert before.startswith(b"\x89PNG")
    assert len(before) < 150_000
    draw(found, path)
    assert path.read_bytes() == before


def test_there_is_no_picture_of_an_upstream_without_counters(tmp_path: Path) -> None:
    draw(saved(tmp_path, result(samples=[])), tmp_path / "burst.png")
    assert not (tmp_path / "burst.png").exists()


def test_documents_have_the_lengths_that_prompts_need(tmp_path: Path) -> None:
    pool = corpus.write(tmp_path)
    sizes = sorted(path.stat().st_size / 4 for path in tmp_path.iterdir())
    assert len(pool) == len(sizes) == len(set(pool))
    least, most = corpus.PROMPT_TOKENS
    assert least - 300 < sizes[0] < least
    assert most - 400 < sizes[-1] < most


def test_questions_are_asked_in_turn() -> None:
    assert corpus.questions(["a", "b"], 5) == ["a", "b", "a", "b", "a"]


def test_default_cases_compare_each_peer_with_sluice_and_have_unique_names() -> None:
    found = cases.default_cases()
    assert len({case.name for case in found}) == len(found)
    bursts = {case.burst for case in found if case.system == SLUICE}
    assert all(case.burst in bursts for case in found)
    assert {case.system for case in found} == {SLUICE, *PEERS}


def test_samples_are_one_line_in_the_file(tmp_path: Path) -> None:
    found = saved(tmp_path, result())
    assert json.loads(found.path.read_text())["results"][0]["samples"] == [[1, 10, 0], [60, 100, 0]]
    assert len(found.path.read_text().splitlines()) < 40
