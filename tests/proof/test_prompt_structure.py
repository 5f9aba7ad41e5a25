"""No document and no question changes the prompt's structure, whatever delimiters it holds."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sluice.answering.prompt import answer_prompt, standalone_prompt
from sluice.job.passage import clean
from sluice.job.source import Source
from sluice.job.turn import Turn
from tests.builders import a_passage
from tests.proof.fuzzing import bounded
from tests.proof.malformed import strings

#: The prompt's own delimiters, whole and cut, to be joined in any order.
PARTS = [
    "<passages>", "</passages>", "<passage number=\"1\" title=\"x\">", "</passage>", "<question>",
    "</question>", "<turn>", "</answer>", "<", ">", "/", "&", "&lt;", "&#60;", "&#x3c;", "]]>",
    "<![CDATA[", "<!--", "-->", "<?xml ", "\"", "'", "=", "$", "${", "}", "$question", "$passages",
    "\n---\n", "number", " ", "\n", "Human:", "Assistant:", "[1]", "\x00", "\u202e",
]  # fmt: skip
forged = st.one_of(st.lists(st.sampled_from(PARTS), max_size=8).map("".join), strings)
# XML does not allow these two; a prompt does.
_NO_XML = re.compile("[\ufffe\uffff]")


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<message>{_NO_XML.sub('', text)}</message>")


def read(element: ElementTree.Element | None) -> str:
    assert element is not None
    assert len(element) == 0, "a string has become structure"
    return element.text or ""


def plain(text: str) -> str:
    return _NO_XML.sub("", clean(text))


@bounded(200)
@given(
    passages=st.lists(st.tuples(forged, forged, st.none() | st.integers(1, 99)), max_size=4),
    question=forged,
)
def test_a_prompt_has_its_passages_and_its_question_and_nothing_else(
    passages: list[tuple[str, str, int | None]], question: str
) -> None:
    sources = [
        Source.of(number, a_passage(text, title=title, page=page))
        for number, (title, text, page) in enumerate(passages, start=1)
    ]
    prompt = answer_prompt(question, sources)
    assert prompt.system == answer_prompt("Why?", []).system
    (given_passages, asked) = parsed(prompt.user)
    assert [child.tag for child in given_passages] == ["passage"] * len(passages)
    for source, element in zip(sources, given_passages, strict=True):
        assert element.attrib["number"] == str(source.number)
        assert element.attrib.keys() <= {"number", "title", "page"}
        assert read(element) == plain(source.excerpt)
    assert read(asked) == plain(question)


@bounded(100)
@given(turns=st.lists(st.tuples(forged, forged), max_size=5), question=forged)
def test_a_conversation_has_its_turns_and_its_question_and_nothing_else(
    turns: list[tuple[str, str]], question: str
) -> None:
    prompt = standalone_prompt(question, [Turn(question=q, answer=a) for q, a in turns])
    (conversation, asked) = parsed(prompt.user)
    assert [child.tag for child in conversation] == ["turn"] * len(turns)
    for (wanted, answered), turn in zip(turns, conversation, strict=True):
        assert [child.tag for child in turn] == ["question", "answer"]
        assert [read(child) for child in turn] == [plain(wanted), plain(answered)]
    assert read(asked) == plain(question)
