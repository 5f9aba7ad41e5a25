"""Cuts documents into passages of at most 200 words, as Kendra does.

A passage is on one page of a PDF. Where possible it starts and ends with a paragraph or a sentence.
A heading stays with the text below it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from local.kendra.documents import Document
from local.kendra.layout import Block, find_blocks, without_running_lines
from local.text.sentences import split_sentences

#: Words of a passage, at most (API reference, Retrieve).
MAX_WORDS = 200

#: A heading begins a new passage if the current one has at least this many words.
_ENOUGH = 80


@dataclass(frozen=True)
class Passage:
    """A part of a document.

    `page` is its page from 1, None if the format has no pages.
    `number` counts the document's passages from 0.
    `headings` are the headings in it and, unless it begins with one, the last one above it.
    """

    text: str
    page: int | None
    number: int
    headings: str


def cut(document: Document) -> list[Passage]:
    """Return a document's passages, in reading order."""
    numbers = [number for number, _ in document.pages]
    texts = [text for _, text in document.pages]
    if numbers and numbers[0] is not None:
        texts = without_running_lines(texts)
    passages: list[Passage] = []
    above = ""
    for page, text in zip(numbers, texts, strict=True):
        for blocks in _packed(find_blocks(text)):
            inside = [block.text for block in blocks if block.heading]
            above = "" if blocks[0].heading else above
            passages.append(
                Passage(
                    text="\n".join(block.text for block in blocks),
                    page=page,
                    number=len(passages),
                    headings="\n".join([above, *inside]).strip(),
                )
            )
            above = inside[-1] if inside else above
    return passages


def _packed(blocks: list[Block]) -> Iterator[list[Block]]:
    """Yield the blocks of each passage. Headings at the end of one go to the next instead."""
    running: list[Block] = []
    words = 0
    for block in _limited(blocks):
        size = len(block.text.split())
        if running and (words + size > MAX_WORDS or (block.heading and words >= _ENOUGH)):
            held = _trailing_headings(running, room=MAX_WORDS - size)
            if len(held) < len(running):
                yield running[: len(running) - len(held)]
                running = held
            else:
                yield running
                running = []
        running.append(block)
        words = sum(len(one.text.split()) for one in running)
    if running:
        yield running


def _trailing_headings(blocks: list[Block], room: int) -> list[Block]:
    held: list[Block] = []
    for block in reversed(blocks):
        room -= len(block.text.split())
        if not block.heading or room < 0:
            break
        held.insert(0, block)
    return held


def _limited(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks; one longer than a passage is split between sentences."""
    for block in blocks:
        if len(block.text.split()) <= MAX_WORDS:
            yield block
            continue
        running: list[str] = []
        for sentence in _short_sentences(block.text):
            if len(running) + len(sentence) > MAX_WORDS:
                yield Block(" ".join(running), heading=False)
                running = []
            running += sentence
        yield Block(" ".join(running), heading=False)


def _short_sentences(text: str) -> Iterator[list[str]]:
    for sentence in split_sentences(text):
        words = sentence.split()
        for start in range(0, len(words), MAX_WORDS):
            yield words[start : start + MAX_WORDS]
