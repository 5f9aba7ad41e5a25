import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.bedrock import quoting
from local.bedrock.prompt import Passage
from local.bedrock.scoring import score_units
from tests.local.asking import LEAVE, PARKING, PLAN, answered, asked, quotes


def test_the_sentence_that_answers_is_quoted_with_its_passages_marker() -> None:
    answer = quotes("What is the deductible for out-of-network care?", LEAVE, PLAN, PARKING)
    assert "The yearly deductible for out-of-network care is $1,500 per person. [2]" in answer
    assert "[1]" not in answer
    assert "[3]" not in answer


def test_every_quoted_sentence_is_whole_and_followed_by_a_marker() -> None:
    answer = quotes("What is the deductible for out-of-network care?", PLAN, LEAVE)
    quoted = re.findall(r"(.*?) \[(\d)\](?: |$)", answer)
    assert 2 <= len(quoted) <= 4
    for sentence, number in quoted:
        assert sentence in [PLAN, LEAVE][int(number) - 1].replace("\n", " ")
        assert sentence.endswith(".")


def test_sentences_stand_in_reading_order() -> None:
    first = "Children visit the doctor for free. Coffee is free as well."
    second = "A visit to the doctor costs 20 dollars, to be paid at the desk after the visit."
    answer = quotes("What does a visit to the doctor cost?", first, second)
    assert re.findall(r"\[(\d)\]", answer) == ["1", "2"]


def test_the_closing_line_says_it_is_no_language_model() -> None:
    assert "not a language model" in quoting.CLOSING
    assert answered(asked("How long is parental leave?", LEAVE)).endswith(quoting.CLOSING)


@pytest.mark.parametrize("passages", [[PLAN, PARKING], [], [""]])
def test_when_nothing_overlaps_the_passages_do_not_answer(passages: list[str]) -> None:
    assert quotes("Who won the chess tournament?", *passages) == quoting.NOT_ANSWERED


def test_one_common_word_of_many_is_no_answer() -> None:
    texts = [f"The company has a rule about matter {number}. It is kept." for number in range(20)]
    question = "Which dinosaurs did the company excavate in Patagonia before winter?"
    assert quotes(question, *texts) == quoting.NOT_ANSWERED


def test_inflected_words_are_found() -> None:
    text = "Employees are reimbursed for travelling by train. Coffee is free."
    assert quotes("Does a reimbursement for travel exist?", PARKING, text).startswith("Employees")


def test_misspelt_words_are_found() -> None:
    text = "Hearing aids are replaced every three years. Coffee is free."
    answer = quotes("How ofen are hearin aids replacd?", PARKING, text)
    assert answer.startswith("Hearing aids are replaced every three years. [2]")


def test_a_shorter_form_of_a_word_is_found() -> None:
    text = "Rehabilitation is paid for twenty days. Coffee is free."
    assert quotes("Who pays for rehab?", PARKING, text).startswith("Rehabilitation is paid")


def test_hyphenated_words_are_distinguished() -> None:
    care = [
        "Care that is in-network is paid for by the plan.",
        "Care that is out-of-network is paid for by you.",
    ]
    assert quotes("Is out-of-network care paid?", care[0], PARKING, care[1]).endswith(
        f"{care[1]} [3]"
    )
    assert quotes("Is in-network care paid?", *care).startswith(f"{care[0]} [1]")


@pytest.mark.parametrize(
    "question", ["How many days of vacation are there?", "When does vacation end?"]
)
def test_a_number_is_preferred_where_one_is_asked_for(question: str) -> None:
    vague = "Days of vacation are agreed with the manager, and the vacation days end as agreed."
    exact = "There are 28 days of vacation, which end on the 31st of March."
    answer = quotes(question, vague, exact)
    assert exact in answer


def test_a_definition_is_preferred_where_a_meaning_is_asked_for() -> None:
    use = "Ask what coinsurance your own plan has this year."
    meaning = "Coinsurance is the share that you pay of costs."
    passages = [Passage(1, "", use), Passage(2, "", meaning)]
    best = max(score_units("What is coinsurance?", passages), key=lambda one: one.score)
    assert best.unit.text == meaning
    best = max(score_units("Is there coinsurance?", passages), key=lambda one: one.score)
    assert best.unit.text == use


def test_headings_questions_and_table_rows_are_not_quoted() -> None:
    text = (
        "Parental Leave\n"
        "How long is parental leave?\n"
        "Parental leave 12 16 18 24 30\n"
        "Parental leave ........ 17\n"
        "It lasts sixteen weeks for each parent."
    )
    answer = quotes("How long is parental leave?", text, PARKING)
    assert answer == "It lasts sixteen weeks for each parent. [1]"


def test_the_same_sentence_is_quoted_once() -> None:
    answer = quotes("How long is parental leave?", LEAVE, LEAVE, LEAVE)
    assert answer.count("Parental leave lasts sixteen weeks.") == 1


def test_footnote_marks_in_a_document_do_not_become_markers() -> None:
    answer = quotes("What is the fee?", "The fee is 20 dollars [7]. It is paid in May [12].")
    assert set(re.findall(r"\[(\d+)\]", answer)) == {"1"}
    assert "The fee is 20 dollars (7). [1]" in answer


@given(st.text(max_size=400), st.text(max_size=80))
def test_any_text_is_answered_with_given_numbers_only(text: str, question: str) -> None:
    answer = answered(asked(question, text))
    assert answer.endswith(quoting.CLOSING)
    assert set(re.findall(r"\[(\d+)\]", answer, re.ASCII)) <= {"1"}


@given(st.text(max_size=300))
def test_every_prompt_gets_an_answer(text: str) -> None:
    assert answered(text)
    assert answered(f"<passages>{text}</passages><question>{text}</question>")
    assert answered(f"<conversation>{text}</conversation><question>q{text}</question>")


def test_broken_lines_and_words_are_joined() -> None:
    text = (
        "The car park in the cel-\r\nlar opens at\r\nsix for bone\ufffeanchored bicycles.\r\n"
        "A bone is anchored there."
    )
    answer = quotes("When does the car park open?", text)
    assert answer.startswith("The car park in the cellar opens at six for bone-anchored bicycles.")


def test_abbreviations_do_not_end_a_sentence() -> None:
    text = "The fee is paid by Dr. Jones of the U.S. Office, e.g. in May. Coffee is free."
    answer = quotes("Who pays the fee?", text)
    assert answer.startswith("The fee is paid by Dr. Jones of the U.S. Office, e.g. in May. [1]")


def test_scripts_without_spaces_are_read() -> None:
    answer = quotes(
        "火災の費用は補償されますか", "夏は暑い。保険は火災の費用を補償します。冬は寒い。"
    )
    assert answer.startswith("保険は火災の費用を補償します。 [1]")
