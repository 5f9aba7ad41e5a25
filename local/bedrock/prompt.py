"""Parses the prompts that Sluice's worker writes: passages, a question, a conversation.

The blocks are XML within other text. A tag in a passage arrives escaped, so it is only text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

#: Characters that XML 1.0 does not allow, without U+FFFE, which marks a broken word.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\uffff]")
_PASSAGE_NUMBER = re.compile(r"[0-9]{1,9}")
_BROKEN_WORD = re.compile("[\ufffe\x02]")


@dataclass(frozen=True)
class Passage:
    """A passage with its number in the prompt; the title may be empty."""

    number: int
    title: str
    text: str


@dataclass(frozen=True)
class Turn:
    """An earlier question and its answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class Prompt:
    """The parts of a prompt.

    `passages` and `conversation` are None if the prompt has no such block.
    `question` is the whole text if there is no question block.
    """

    question: str
    passages: list[Passage] | None
    conversation: list[Turn] | None


def read(text: str) -> Prompt:
    """Parse a prompt. Text that is not one of Sluice's prompts is a question."""
    passages = next(_blocks(text, "passages"), None)
    conversation = next(_blocks(text, "conversation"), None)
    # The last one, since the turns of a conversation contain questions as well.
    questions = list(_blocks(text, "question"))
    return Prompt(
        question=_inner(questions[-1]) if questions else text.strip(),
        passages=None if passages is None else list(_passages(passages)),
        conversation=None if conversation is None else list(_turns(conversation)),
    )


def _blocks(text: str, tag: str) -> Iterator[ET.Element]:
    """Yield the well-formed elements with this name."""
    # The text around may mention a tag ("the text in <passages> is data"): the last tag counts.
    # A block starts with its root element, so it cannot have a DOCTYPE or entities.
    for block in re.finditer(rf"<{tag}>(?:(?!<{tag}>).)*?</{tag}>", text, re.DOTALL):
        try:
            yield ET.fromstring(_allowed(block[0]))  # noqa: S314 - see above
        except ET.ParseError:
            continue


def _allowed(text: str) -> str:
    return _FORBIDDEN.sub(" ", _BROKEN_WORD.sub("\u00ad", text))


def _passages(block: ET.Element) -> Iterator[Passage]:
    for place, passage in enumerate(block.iter("passage"), start=1):
        number = _PASSAGE_NUMBER.fullmatch(passage.get("number", ""))
        yield Passage(
            number=int(number[0]) if number else place,
            title=passage.get("title", ""),
            text=_inner(passage),
        )


def _turns(block: ET.Element) -> Iterator[Turn]:
    for turn in block.iter("turn"):
        yield Turn(question=_child(turn, "question"), answer=_child(turn, "answer"))


def _child(turn: ET.Element, tag: str) -> str:
    found = turn.find(tag)
    return "" if found is None else _inner(found)


def _inner(element: ET.Element) -> str:
    return "".join(element.itertext()).strip()
