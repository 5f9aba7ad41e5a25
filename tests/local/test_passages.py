from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.kendra.documents import Document, Page, read_document
from local.kendra.layout import find_blocks, without_running_lines
from local.kendra.passages import MAX_WORDS, Passage, cut
from tests.local.pdfs import write_pdf

SENTENCE = "The keeper lights the lamp at dusk and trims the wick before the tide turns. "


def paper(*pages: Page) -> Document:
    return Document(Path("a.txt"), "a.txt", "a.txt", "a.txt", {}, list(pages), (None, None))


def cut_text(text: str) -> list[Passage]:
    return cut(paper((None, text)))


def test_a_passage_never_crosses_a_page_break_and_has_the_page_it_stands_on(
    tmp_path: Path,
) -> None:
    pages = [f"Page {word} tells a story.\n{SENTENCE * 30}" for word in ("one", "two", "three")]
    document, _ = read_document(tmp_path, write_pdf(tmp_path / "a.pdf", pages))
    assert document is not None
    for passage in cut(document):
        words = {word for word in ("one", "two", "three") if f"Page {word} " in passage.text}
        assert len(words) <= 1
        assert not words or words == {["one", "two", "three"][(passage.page or 0) - 1]}
    assert {passage.page for passage in cut(document)} == {1, 2, 3}


@given(st.text(alphabet="abA .,!?\n•1", max_size=3000))
def test_no_passage_is_longer_than_the_limit_and_no_word_is_lost(text: str) -> None:
    passages = cut_text(text)
    assert all(0 < len(passage.text.split()) <= MAX_WORDS for passage in passages)
    assert [w for passage in passages for w in passage.text.split()] == text.split()


def test_a_long_paragraph_is_cut_where_a_sentence_ends() -> None:
    passages = cut_text(SENTENCE * 40)
    assert len(passages) > 1
    assert all(passage.text.endswith(".") for passage in passages)


def test_a_sentence_longer_than_a_passage_is_cut_at_the_limit() -> None:
    assert [len(p.text.split()) for p in cut_text("word " * 450)] == [200, 200, 50]


def test_small_paragraphs_share_a_passage() -> None:
    [passage] = cut_text("One is short.\n\nTwo is short.\n\nThree is short.")
    assert passage.text == "One is short.\nTwo is short.\nThree is short."


def test_a_heading_goes_with_the_text_below_it() -> None:
    passages = cut_text(f"{SENTENCE * 12}\n\nOpening hours\n\n{SENTENCE * 5}")
    assert [passage.text.startswith("Opening hours") for passage in passages] == [False, True]


def test_a_heading_before_a_long_paragraph_begins_the_next_passage() -> None:
    passages = cut_text(f"{SENTENCE * 4}\n\nOpening hours\n\n{SENTENCE * 12}")
    assert [passage.text.startswith("Opening hours") for passage in passages] == [False, True]


def test_a_heading_is_remembered_on_the_next_page() -> None:
    above, below = cut(paper((1, f"{SENTENCE * 3}\n\nOpening hours"), (2, SENTENCE * 3)))
    assert (below.page, below.headings) == (2, "Opening hours")
    assert above.text.endswith("Opening hours")


def test_lines_broken_by_the_margin_become_one_paragraph() -> None:
    text = "The ferry leaves the quay at seven in the\nmorning and comes back at noon.\nTickets\n"
    blocks = find_blocks(text + "Tickets are sold on board by the purser, who\ntakes cards.")
    assert [(block.text.split()[0], block.heading) for block in blocks] == [
        ("The", False),
        ("Tickets", True),
        ("Tickets", False),
    ]


def test_list_items_stand_apart() -> None:
    blocks = find_blocks("We carry:\n• dogs\n• cats and other small animals\n1. sheep")
    assert [block.text for block in blocks][1:] == [
        "• dogs",
        "• cats and other small animals",
        "1. sheep",
    ]


def test_running_headers_and_footers_are_dropped_with_their_page_numbers() -> None:
    pages = [
        f"Handbook 2026\nText {word}\nmore {word}\nPage {n}" for n, word in enumerate("abcd", 1)
    ]
    assert without_running_lines(pages) == [f"Text {word}\nmore {word}" for word in "abcd"]


def test_rows_of_numbers_are_not_running_lines() -> None:
    pages = [f"{n}.50 {n + 7}.00\n{n}.75 {n * 3}.10" for n in range(1, 9)]
    assert without_running_lines(pages) == pages


def test_lines_on_few_pages_are_kept() -> None:
    pages = ["Same start\nx", "Same start\ny", *(f"Other {word}\nz{word}" for word in "abcdef")]
    assert without_running_lines(pages)[0] == "Same start\nx"


def test_a_running_header_is_not_in_a_pdfs_passages(tmp_path: Path) -> None:
    texts = [f"About {name}.\n{SENTENCE}" for name in ("cod", "eel", "ray", "sole")]
    path = write_pdf(tmp_path / "a.pdf", texts, running="Fish of the north, page")
    document, _ = read_document(tmp_path, path)
    assert document is not None
    assert [p.text for p in cut(document) if "Fish of the north" in p.text] == []
    assert len(cut(document)) == 4


@pytest.mark.parametrize("text", ["", "\n\n", "  \t "])
def test_a_page_without_text_has_no_passages(text: str) -> None:
    assert cut_text(text) == []
