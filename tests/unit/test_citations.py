from hypothesis import given
from hypothesis import strategies as st

from sluice.answering.citations import AnswerWriter


def written(*pieces: str, sources: int = 3) -> AnswerWriter:
    writer = AnswerWriter(sources)
    for piece in pieces:
        writer.write(piece)
    writer.close()
    return writer


def test_a_marker_becomes_a_citation_of_its_own_span() -> None:
    answer = written("Kept for ninety days [2].").answer()
    assert answer.text == "Kept for ninety days [2]."
    (citation,) = answer.citations
    assert (citation.start, citation.end, citation.source) == (21, 24, 2)
    assert answer.text[citation.start : citation.end] == "[2]"
    assert answer.grounded


def test_a_marker_of_an_unknown_source_is_removed_with_the_space_before_it() -> None:
    answer = written("Kept for ninety days [7]. Ask at the desk [0].").answer()
    assert answer.text == "Kept for ninety days. Ask at the desk."
    assert answer.citations == []
    assert not answer.grounded


def test_a_list_of_numbers_becomes_one_marker_each() -> None:
    answer = written("Yes [1, 3; 9] and no【2】.").answer()
    assert answer.text == "Yes [1][3] and no[2]."
    assert [citation.source for citation in answer.citations] == [1, 3, 2]


def test_a_year_in_brackets_is_text() -> None:
    assert written("The rule [2024] stays [sic].").answer().text == "The rule [2024] stays [sic]."


def test_a_marker_cut_between_pieces_is_one_marker() -> None:
    assert written("Yes", " [", "1", "]", " no").answer().text == "Yes [1] no"


def test_text_before_an_unfinished_marker_is_not_held_back() -> None:
    writer = AnswerWriter(1)
    assert writer.write("Kept for ninety days [") == "Kept for ninety days"
    assert writer.write("1].") == " [1]."


def test_a_bracket_that_never_closes_stays_text() -> None:
    assert written("Look at [1").answer().text == "Look at [1"


def test_white_space_around_an_answer_is_dropped() -> None:
    assert written("\n\n  Yes.", "  \n").answer().text == "Yes."


def test_characters_that_cannot_be_stored_are_dropped() -> None:
    assert written("a\x00b\ud800c\x1bd\te\nf").answer().text == "abcd\te\nf"


@given(st.lists(st.text(alphabet="ab [1]29,【】\n\ud800😀", max_size=8), max_size=12))
def test_the_pieces_shown_are_the_text_stored(pieces: list[str]) -> None:
    writer = AnswerWriter(2)
    shown = "".join(writer.write(piece) for piece in pieces) + writer.close()
    answer = writer.answer()
    assert shown == answer.text
    for citation in answer.citations:
        assert answer.text[citation.start : citation.end] == f"[{citation.source}]"
        assert 1 <= citation.source <= 2


@given(st.text(alphabet="ab [1]29,\n", max_size=40), st.data())
def test_how_the_stream_is_cut_does_not_change_the_answer(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    assert written(text[:cut], text[cut:]).answer() == written(text).answer()
