from hypothesis import given
from hypothesis import strategies as st

from sluice.answering.query import MAX_WORDS, shorten


def test_a_short_question_is_kept_word_for_word() -> None:
    assert shorten("  What is the\ndeductible? ") == "What is the deductible?"


def test_a_question_of_thirty_words_is_kept() -> None:
    question = " ".join(f"word{number}" for number in range(MAX_WORDS))
    assert shorten(question) == question


def test_fillers_are_dropped_before_meaningful_words() -> None:
    story = "I was wondering if you could please tell me about it because we have been there " * 2
    question = f"{story} deductible out-of-network emergency ambulance Seattle?"
    shortened = shorten(question)
    assert len(shortened.split()) <= MAX_WORDS
    for word in ("deductible", "out-of-network", "emergency", "ambulance", "Seattle?"):
        assert word in shortened.split()


def test_the_sentence_with_the_question_outranks_the_others() -> None:
    story = " ".join(
        f"yesterday{number} something{number} happened{number}." for number in range(20)
    )
    shortened = shorten(f"{story} Which forms cover dental surgery abroad? {story}")
    for word in ("forms", "cover", "dental", "surgery", "abroad?"):
        assert word in shortened.split()


def test_a_repeated_word_counts_once() -> None:
    assert shorten("refund " * 50 + "ticket") == "refund ticket"


@given(st.text(max_size=1000))
def test_a_query_is_never_longer_than_kendras_limit(question: str) -> None:
    words = shorten(question).split()
    assert len(words) <= MAX_WORDS
    assert bool(words) == bool(question.split())
