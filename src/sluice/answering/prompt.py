"""The prompts. Their texts are files in prompts/, which operators may edit.

A file contains the system prompt, a line `---`, and the user message with its placeholders.
Whatever fills a placeholder is escaped as XML text.
So the user message is well-formed whatever the documents contain.
A document that contains `</passages>` or gives orders stays text inside its passage.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from sluice.job.passage import clean
from sluice.job.source import Source
from sluice.job.turn import Turn
from sluice.ports import Prompt

_FOLDER = Path(__file__).parent / "prompts"


def answer_prompt(question: str, sources: Sequence[Source]) -> Prompt:
    """The prompt for an answer to `question` that cites `sources` by their numbers."""
    passages = "\n".join(_passage(source) for source in sources)
    return _fill("answer", passages=passages, question=_text(question))


def standalone_prompt(question: str, turns: Sequence[Turn]) -> Prompt:
    """The prompt to rewrite `question` so that it needs no conversation before it."""
    conversation = "\n".join(
        f"<turn><question>{_text(turn.question)}</question>"
        f"<answer>{_text(turn.answer)}</answer></turn>"
        for turn in turns
    )
    return _fill("standalone", conversation=conversation, question=_text(question))


def _passage(source: Source) -> str:
    page = f' page="{source.page}"' if source.page else ""
    title = _text(source.title).replace('"', "&quot;")
    return (
        f'<passage number="{source.number}" title="{title}"{page}>{_text(source.excerpt)}</passage>'
    )


def _text(text: str) -> str:
    # Quotes are not escaped: the model should read the document's own words.
    return escape(clean(text), quote=False)


def _fill(name: str, **values: str) -> Prompt:
    system, user = _load(name, frozenset(values))
    return Prompt(system=system, user=user.substitute(values))


@cache
def _load(name: str, placeholders: frozenset[str]) -> tuple[str, Template]:
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    system, found, user = text.partition("\n---\n")
    template = Template(user.strip())
    if not found or set(template.get_identifiers()) != placeholders:
        raise ValueError(
            f"prompts/{name}.txt must have a line '---' and after it the placeholders "
            f"{', '.join(f'${name}' for name in sorted(placeholders))} and no others"
        )
    return system.strip(), template
