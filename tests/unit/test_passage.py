from sluice.answering.selection import choose
from sluice.job.passage import Confidence, clean
from tests.builders import a_passage

LARGE_BUDGET = 100_000


def test_a_passage_below_the_threshold_is_left_out() -> None:
    sure = a_passage("The bar opens at six.", confidence=Confidence.HIGH)
    unsure = a_passage("Tea is served at four.", confidence=Confidence.LOW)
    assert choose([unsure, sure], at_least=Confidence.MEDIUM, token_budget=LARGE_BUDGET) == [sure]


def test_a_passage_without_a_confidence_is_never_left_out() -> None:
    unjudged = a_passage(confidence=Confidence.NOT_AVAILABLE)
    assert choose([unjudged], at_least=Confidence.VERY_HIGH, token_budget=LARGE_BUDGET) == [
        unjudged
    ]


def test_of_near_copies_the_first_is_kept() -> None:
    first = a_passage("Lost property is kept for ninety days at the desk on the pier.")
    copy = a_passage("Lost property is kept for ninety days at the desk on the pier", page=9)
    inside = a_passage("lost property is kept for NINETY days at the desk", page=10)
    other = a_passage("Dogs travel free on a lead.")
    chosen = choose(
        [first, copy, inside, other], at_least=Confidence.LOW, token_budget=LARGE_BUDGET
    )
    assert chosen == [first, other]


def test_passages_stop_at_the_token_budget_and_a_shorter_one_may_still_fit() -> None:
    long = a_passage("One two three four five six seven. " * 40)
    short = a_passage("Dogs travel free.")
    chosen = choose([short, long, a_passage("Cats too.")], at_least=Confidence.LOW, token_budget=60)
    assert [passage.text for passage in chosen] == ["Dogs travel free.", "Cats too."]


def test_an_empty_passage_is_left_out() -> None:
    assert choose([a_passage("")], at_least=Confidence.LOW, token_budget=LARGE_BUDGET) == []


def test_cleaning_removes_characters_that_break_prompts_and_pages() -> None:
    assert clean("a\x00b\r\n\n c\td\ud800\x1b  e ") == "ab\nc d e"
