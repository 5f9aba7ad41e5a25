"""Text shown piece by piece: how it is wrapped, and which characters are removed."""

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from sluice_client import Job
from sluice_client.views.answer import print_answer
from sluice_client.views.streamed_text import StreamedText
from tests.client.fakes import job_json


def console(width: int) -> Console:
    return Console(file=io.StringIO(), force_terminal=False, width=width, highlight=False)


def flowed(pieces: list[str], width: int = 20) -> str:
    screen = console(width)
    flow = StreamedText(screen)
    for piece in pieces:
        flow.write(piece)
    flow.end()
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def printed_whole(text: str, width: int) -> str:
    screen = console(width)
    print_answer(screen, Job.from_json(job_json(answer={"text": text}, sources=[])))
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue().removesuffix("\nNo sources.\n")


WORDS = st.lists(st.text("abc[1].", min_size=1, max_size=9), min_size=1, max_size=30)


@given(WORDS, st.integers(12, 40))
def test_streamed_text_looks_like_text_printed_at_once(words: list[str], width: int) -> None:
    text = " ".join(words)

    assert flowed(list(text), width) == printed_whole(text, width)


@given(st.text(max_size=60), st.lists(st.integers(0, 60)), st.integers(5, 30))
def test_it_does_not_matter_where_text_is_cut(text: str, cuts: list[int], width: int) -> None:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[a:b] for a, b in pairwise(places)]

    assert flowed(pieces, width) == flowed([text], width)


@given(st.text("ab 東京é👩\n", max_size=80), st.integers(5, 30))
def test_no_line_is_wider_than_the_screen(text: str, width: int) -> None:
    lines = flowed(list(text), width).split("\n")

    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_word_appears_once_it_is_complete() -> None:
    screen = console(20)
    flow = StreamedText(screen)
    assert isinstance(screen.file, io.StringIO)

    flow.write("Ninety da")
    assert screen.file.getvalue() == "Ninety"
    flow.write("ys ")
    assert screen.file.getvalue() == "Ninety days"


def test_scripts_without_spaces_appear_letter_by_letter() -> None:
    screen = console(20)
    flow = StreamedText(screen)
    assert isinstance(screen.file, io.StringIO)

    flow.write("東京")

    assert screen.file.getvalue() == "東京"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("\n\n", ""),
        ("\n\na\n", "a\n"),
        ("a\r\nb", "a\nb\n"),
        ("a\rb", "a\nb\n"),
        ("a\n\n- b\n  - c", "a\n\n- b\n  - c\n"),
        ("x" * 25, "x" * 20 + "\n" + "x" * 5 + "\n"),
        ("a\x1b[2Jb\x9b\u202ec", "a[2Jbc\n"),
    ],
)
def test_line_ends_indents_long_words_and_control_characters(text: str, shown: str) -> None:
    assert flowed(list(text)) == shown
