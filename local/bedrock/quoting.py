"""The default model of the local stack: it quotes the passages' best sentences.

It invents nothing, and says what it is.
To one of the worker's prompts it answers with two to four sentences, each followed by its
passage's number as a marker. Given a conversation, it rewrites the follow-up question so that it
stands alone. From any other text it quotes without markers.
"""

import re
from collections.abc import AsyncGenerator, Sequence

from local.bedrock import prompt, terms
from local.bedrock.converse import ConverseRequest, Message
from local.bedrock.model import Delta, End, Piece
from local.bedrock.prompt import Passage, Turn
from local.bedrock.scoring import Scored, score_units
from local.bedrock.sentences import prose, split
from local.bedrock.tokens import Usage, cut, estimate
from local.text.sentences import is_ended, is_question

CLOSING = "(Sluice's local stand-in quoted the documents; it is not a language model.)"
NOT_ANSWERED = "The passages do not answer this question."
NO_PASSAGES = "There are no passages here to quote an answer from."

#: Sentences quoted, at most and at least.
_MOST, _LEAST = 4, 2
#: Share of the best score that a further sentence needs, above the least and up to it.
_NEARLY, _STILL = 0.7, 0.5
#: Share of the question that the best sentence must cover for there to be an answer.
_COVERED = 0.22
#: Two sentences that share this part of their terms say the same.
_SAME = 0.6
#: The least grade of prose that is quoted beside another sentence. A table row may stand alone.
_QUOTABLE = 0.5
#: Characters of quotation after which no further sentence is added.
_ENOUGH = 700

#: A footnote's mark in a document looks like one of our markers.
_MARKER = re.compile(r"\[(\d+)\]")


class QuotingModel:
    """A model that quotes. Its answer is ready at once."""

    instant = True

    async def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        """Yield an answer within the request's `maxTokens`, up to its first stop sequence."""
        inference = request.inference_config
        text = quote(request.system_texts, request.messages)
        text, stop_reason = _ended(text, inference.stop_sequences, inference.max_tokens)
        if text:
            yield Delta(text)
        yield End(stop_reason, Usage(request.input_tokens, estimate(text)))


def quote(system: Sequence[str], messages: Sequence[Message]) -> str:
    """Return an answer to the last user message. The system texts have no effect."""
    del system  # instructions are for language models
    asked = next((message.text for message in reversed(messages) if message.role == "user"), "")
    read = prompt.read(asked)
    if read.passages is not None:
        return f"{_answer(read.question, read.passages)}\n\n{CLOSING}"
    if read.conversation is not None:
        return standalone(read.question, read.conversation)
    return f"{_answer_plain(read.question)}\n\n{CLOSING}"


def standalone(follow_up: str, turns: Sequence[Turn]) -> str:
    """Return a follow-up question with the last question's subject words that it lacks."""
    if not turns:
        return follow_up
    present = set(terms.stems(follow_up))
    missing: list[str] = []
    for word in terms.compounds(turns[-1].question):
        stem = terms.stems(word)
        if stem and present.isdisjoint(stem):
            missing.append(word)
            present.update(stem)
    if not missing:
        return follow_up
    ending = "?" if follow_up.endswith("?") else ""
    return f"{follow_up.rstrip(' ?.!')} ({' '.join(missing)}){ending}"


def _answer(question: str, passages: Sequence[Passage]) -> str:
    chosen = _choose(score_units(question, passages))
    return " ".join(_quoted(scored) for scored in chosen) or NOT_ANSWERED


def _answer_plain(text: str) -> str:
    """Answer the last question of another text from the rest of that text."""
    units = split(text)
    asked = next(
        (unit for unit in reversed(units) if is_question(unit)), units[-1] if units else ""
    )
    rest = " ".join(unit for unit in units if unit != asked)
    chosen = _choose(score_units(asked, [Passage(1, "", rest)]))
    return " ".join(scored.unit.text for scored in chosen) or NO_PASSAGES


def _quoted(scored: Scored) -> str:
    text = _MARKER.sub(r"(\1)", scored.unit.text)
    return f"{text} [{scored.unit.number}]"


def _choose(scored: Sequence[Scored]) -> list[Scored]:
    """Return what to quote, in reading order; nothing if nothing covers the question."""
    ranked = sorted(scored, key=lambda one: (-one.score, one.unit.place))
    if not ranked or max(one.coverage for one in ranked) < _COVERED:
        return []
    chosen = [ranked[0]]
    for candidate in ranked[1:]:
        quoted = sum(len(one.unit.text) for one in chosen)
        enough = len(chosen) >= _LEAST
        if len(chosen) == _MOST or (enough and quoted >= _ENOUGH):
            break
        if candidate.score < ranked[0].score * (_NEARLY if enough else _STILL):
            break
        quotable = prose(candidate.unit.text) >= _QUOTABLE
        if quotable and not any(_alike(candidate, one) for one in chosen):
            chosen.append(candidate)
    if len(chosen) < _LEAST:
        chosen += _sequel(chosen[0], ranked)
    return sorted(chosen, key=lambda one: one.unit.place)


def _sequel(best: Scored, scored: Sequence[Scored]) -> list[Scored]:
    """Return the sentence after the best one, which mostly continues the subject."""
    return [
        one
        for one in scored
        if one.unit.place == best.unit.place + 1
        and one.unit.number == best.unit.number
        and is_ended(one.unit.text)
        and not is_question(one.unit.text)
        and not _alike(one, best)
    ]


def _alike(left: Scored, right: Scored) -> bool:
    a, b = set(left.unit.stems), set(right.unit.stems)
    return len(a & b) >= _SAME * min(len(a), len(b))


def _ended(text: str, stop_sequences: Sequence[str], max_tokens: int) -> tuple[str, str]:
    """Cut a text where a model would stop, and return it with the stop reason."""
    stops = [at for stop in stop_sequences if (at := text.find(stop)) >= 0]
    until, reason = (text[: min(stops)], "stop_sequence") if stops else (text, "end_turn")
    short = cut(until, max_tokens)
    return (short, "max_tokens") if short != until else (until, reason)
