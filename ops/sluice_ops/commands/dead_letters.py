"""`sluice-ops dead-letters`: list, redrive or discard messages that no worker can process."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import click

from sluice.job.job import Lane
from sluice_ops.aws.stack import find_stack
from sluice_ops.dead_letters.queue import DeadLetter, DeadLetterQueue, HeldMessages
from sluice_ops.dead_letters.table import as_json as messages_as_json
from sluice_ops.dead_letters.table import print_dead_letters
from sluice_ops.exits import Exit, OpsError
from sluice_ops.help import Group
from sluice_ops.terminal import Terminal

#: Seconds for which messages are hidden at most: to list them, and to redrive or discard them.
_LOOK, _ACT = 120, 300
#: Messages that are searched for given ids, at most.
_MOST = 10_000

_EXITS = {
    Exit.DONE: "done",
    Exit.NOT_DONE: "not done, or not for all of them",
    Exit.USAGE: "wrong usage",
    Exit.NOWHERE: "nothing to talk to: no stack, region or credentials, or no answer",
    Exit.REFUSED: "AWS refused",
    Exit.AWS_FAILED: "AWS failed",
    Exit.INTERRUPTED: "interrupted with Ctrl-C",
}


class _Words(click.ParamType):
    """Text that is not blank and that UTF-8 can encode."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("is empty", param, ctx)
        if not value.isprintable():
            self.fail("contains characters that no name has", param, ctx)
        return value.strip()


_WORDS = _Words()


@click.group(
    "dead-letters",
    cls=Group,
    exit_codes=_EXITS,
    short_help="List, redrive or discard dead letters.",
)
def dead_letters() -> None:
    """List, redrive or discard messages that no worker can process.

    Acts on the stack that `make run` runs here, or, with --stack, on a stack on AWS. On AWS it uses
    the credentials and the region that boto3 finds, such as those of AWS_PROFILE or
    AWS_DEFAULT_REGION.
    """


def _options(most: int, what: str) -> Callable[[Any], Any]:
    """Return the options that all three commands have."""

    def decorate(command: Any) -> Any:
        limit = click.option(
            "--limit",
            type=click.IntRange(1, _MOST),
            metavar="N",
            default=most,
            show_default=True,
            help=what,
        )
        stack = click.option(
            "--stack", type=_WORDS, metavar="NAME", help="A CloudFormation stack on AWS."
        )
        return limit(stack(command))

    return decorate


@dead_letters.command("list", exit_codes=_EXITS, short_help="List dead letters, with reasons.")
@_options(100, "List at most N.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead, with whole bodies.")
@click.pass_obj
def list_messages(terminal: Terminal, limit: int, stack: str | None, as_json: bool) -> None:
    """List dead letters and the reason for each.

    RECEIVES counts how often a message was received, this command included. While it runs, and for
    two minutes at most, others do not see the messages.
    """
    queue = DeadLetterQueue(find_stack(stack))
    count = queue.count()
    with queue.hold(limit, _LOOK) as held:
        messages = held.messages
    if as_json:
        terminal.print_json(messages_as_json(held, count))
    elif messages:
        print_dead_letters(terminal.out, messages, time.time())
    if not held.complete:
        terminal.note(
            f"At least {_many(messages)}; SQS counts about {count.waiting:,}. See --limit."
        )
    elif not as_json:
        terminal.note(_many(messages).capitalize() + ".")
    if count.held:
        terminal.note(f"Hidden for now, because somebody else received them: about {count.held:,}.")


@dead_letters.command(exit_codes=_EXITS, short_help="Send dead letters to their queues again.")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=_WORDS)
@_options(1_000, "Without ids: send at most N.")
@click.option(
    "--lane", type=click.Choice(list(Lane)), help="The lane of messages whose own is unknown."
)
@click.pass_obj
def redrive(
    terminal: Terminal, ids: tuple[str, ...], limit: int, stack: str | None, lane: Lane | None
) -> None:
    """Send dead letters to their queues again.

    Sends the messages with the given IDs, or all if there is none. A message is removed from here
    once its queue has accepted it. If workers still cannot process it, it comes back. Sending a
    message twice is safe: a job is answered once.
    """
    queue = DeadLetterQueue(find_stack(stack))
    with _held(terminal, queue, ids, limit, "sent again") as held:
        chosen = [replace(message, lane=message.lane or lane) for message in held.messages]
        known = [message for message in chosen if message.lane]
        done = queue.redrive(known)
        _note_rest(terminal, held, ids)
    terminal.note(f"{_many(known[: done.sent]).capitalize()} sent again.")
    if done.sent:
        terminal.note("Messages that workers still cannot process come back here.")
    if done.not_removed:
        terminal.note(f"Sent, but still here as well: {done.not_removed:,}.", "red")
    if done.refused:
        terminal.note(
            f"Left here, because their queue did not accept them: {done.refused:,}.", "red"
        )
    if unknown := len(chosen) - len(known):
        terminal.note(
            f"Left here, because their lane is unknown: {unknown:,}. Name one with --lane.", "red"
        )
    _end(done.sent == len(chosen) and not done.not_removed)


@dead_letters.command(exit_codes=_EXITS, short_help="Delete dead letters.")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=_WORDS)
@_options(1_000, "Without ids: discard at most N.")
@click.option("--yes", is_flag=True, help="Without ids: do not ask.")
@click.pass_obj
def discard(
    terminal: Terminal, ids: tuple[str, ...], limit: int, stack: str | None, yes: bool
) -> None:
    """Delete dead letters.

    Deletes the messages with the given IDs. Without IDs it deletes all, after you have confirmed.
    The job that a message names stays as it is. If it is still queued, its message is sent again
    when its caller reads the job.
    """
    is_sure = yes or bool(ids)
    if not is_sure and not (sys.stdin and sys.stdin.isatty()):
        raise click.UsageError("Name the ids to discard, or discard all with --yes.")
    queue = DeadLetterQueue(find_stack(stack))
    with _held(terminal, queue, ids, limit, "discarded") as held:
        _note_rest(terminal, held, ids)
        if not is_sure and held.messages:
            click.confirm(f"Delete {_many(held.messages)}?", abort=True, err=True)
        gone = queue.discard(held.messages)
    terminal.note(f"{_many(held.messages[:gone]).capitalize()} discarded.")
    if left := len(held.messages) - gone:
        terminal.note(f"Not removed: {left:,}.", "red")
    _end(not left)


@contextmanager
def _held(
    terminal: Terminal, queue: DeadLetterQueue, ids: Sequence[str], limit: int, done: str
) -> Iterator[HeldMessages]:
    """Hold the messages with these ids, all of them; or without ids, up to `limit`."""
    with queue.hold(_MOST if ids else limit, _ACT, ids) as held:
        if not ids:
            yield held
            return
        by_id = {message.id: message for message in held.messages}
        if missing := [each for each in dict.fromkeys(ids) if each not in by_id]:
            for each in missing:
                terminal.note(f"There is no dead letter {each}, or somebody holds it.", "red")
            raise OpsError(f"Nothing was {done}.", Exit.NOT_DONE)
        yield HeldMessages([by_id[each] for each in dict.fromkeys(ids)], complete=False)


def _note_rest(terminal: Terminal, held: HeldMessages, ids: Sequence[str]) -> None:
    if not ids and not held.complete:
        terminal.note(f"These are {len(held.messages):,}; there may be more: --limit.")


def _many(messages: Sequence[DeadLetter]) -> str:
    number = len(messages)
    if number < 2:
        return "1 dead letter" if number else "no dead letters"
    return f"{number:,} dead letters"


def _end(is_done: bool) -> NoReturn:
    click.get_current_context().exit(Exit.DONE if is_done else Exit.NOT_DONE)
