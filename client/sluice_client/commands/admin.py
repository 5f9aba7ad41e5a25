"""`sluice admin`: what an operator does to a stack, with credentials of AWS, not an API key."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import click

from sluice_client.admin.aws import AdminError
from sluice_client.admin.dead_letters import DeadLetter, DeadLetterQueue, Hand
from sluice_client.admin.stack import BULK, INTERACTIVE, find_stack
from sluice_client.admin.table import as_json as letters_as_json
from sluice_client.admin.table import print_dead_letters
from sluice_client.commands import inputs
from sluice_client.commands.exit_codes import ExitCode
from sluice_client.commands.session import Session

#: Seconds that letters are hidden from others at most: to be looked at, and to be acted on.
_LOOK, _ACT = 120, 300
#: As many as are looked through for the ids that were given.
_MOST = 10_000

_EXITS = """\b
Exit codes:
    0  done
    1  not done, or not for all of them
    2  wrong usage
    3  no stack to talk to: none runs here, no such stack, no boto3, no credentials
    4  AWS refused
    6  AWS failed
  130  interrupted with Ctrl-C"""


class _Commands(click.Group):
    """Turns an AdminError into a line on stderr and its exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except AdminError as error:
            session = ctx.ensure_object(Session)
            session.note(str(error), "red")
            for hint in getattr(error, "__notes__", []):
                session.note(hint)
            return ctx.exit(error.code)


@click.group(cls=_Commands, epilog=_EXITS)
def admin() -> None:
    """Operate a stack: the one that `make run` runs here, or with --stack one on AWS.

    On AWS it acts as whom AWS_PROFILE, AWS_REGION and the like say, and needs boto3:
    pip install 'sluice-client[admin]'.
    """


@admin.group("dead-letters")
def dead_letters() -> None:
    """Look after the messages that no worker could read."""


def _options(most: int, what: str) -> Callable[[Any], Any]:
    """The options of all three commands."""

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
            "--stack", type=inputs.WORDS, metavar="NAME", help="A CloudFormation stack on AWS."
        )
        return limit(stack(command))

    return decorate


@dead_letters.command("list", epilog=_EXITS)
@_options(100, "List at most this many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead, with whole bodies.")
@click.pass_obj
def list_letters(session: Session, limit: int, stack: str | None, as_json: bool) -> None:
    """List dead letters, and why they are here.

    RECEIVES counts each look at a letter, this one too. A look hides it from others while it
    lasts, two minutes at most.
    """
    queue = DeadLetterQueue(find_stack(stack))
    count = queue.count()
    with queue.hold(limit, _LOOK) as hand:
        letters = hand.letters
    if as_json:
        session.print_json(letters_as_json(hand, count))
    elif letters:
        print_dead_letters(session.out, letters, session.clock.time())
    if not hand.all:
        session.note(f"At least {_many(letters)}; SQS counts about {count.waiting:,}. See --limit.")
    elif not as_json:
        session.note(_many(letters).capitalize() + ".")
    if count.held:
        session.note(f"Held by somebody else for now: about {count.held:,}.")


@dead_letters.command(epilog=_EXITS)
@click.argument("ids", metavar="[ID]...", nargs=-1, type=inputs.WORDS)
@_options(1_000, "Without ids: send at most this many.")
@click.option(
    "--lane",
    type=click.Choice([INTERACTIVE, BULK]),
    help="The lane of letters that do not say theirs.",
)
@click.pass_obj
def redrive(
    session: Session, ids: tuple[str, ...], limit: int, stack: str | None, lane: str | None
) -> None:
    """Send dead letters to their queues again.

    Those with these ids, or without ids all. Each is removed here once its queue has taken it.
    One that workers still cannot read comes back. To send one twice does no harm: a job is
    answered once.
    """
    queue = DeadLetterQueue(find_stack(stack))
    with _held(session, queue, ids, limit, "sent again") as hand:
        chosen = [replace(letter, lane=letter.lane or lane) for letter in hand.letters]
        known = [letter for letter in chosen if letter.lane]
        done = queue.redrive(known)
        _say_rest(session, hand, ids)
    session.note(f"{_many(known[: done.sent]).capitalize()} sent again.")
    if done.sent:
        session.note("What workers still cannot read comes back here.")
    if done.twice:
        session.note(f"Sent, but still here as well: {done.twice:,}.", "red")
    if done.refused:
        session.note(f"Left here, as their queue did not take them: {done.refused:,}.", "red")
    if unknown := len(chosen) - len(known):
        session.note(f"Left here for want of a lane: {unknown:,}. Name one with --lane.", "red")
    _end(done.sent == len(chosen) and not done.twice)


@dead_letters.command(epilog=_EXITS)
@click.argument("ids", metavar="[ID]...", nargs=-1, type=inputs.WORDS)
@_options(1_000, "Without ids: discard at most this many.")
@click.option("--yes", is_flag=True, help="Without ids: do not ask.")
@click.pass_obj
def discard(
    session: Session, ids: tuple[str, ...], limit: int, stack: str | None, yes: bool
) -> None:
    """Remove dead letters for ever.

    Those with these ids, or without ids, once you have confirmed it, all. The job that a letter
    is about stays as it is; one that is still queued is sent again when its caller asks after it.
    """
    is_sure = yes or bool(ids)
    if not is_sure and not (sys.stdin and sys.stdin.isatty()):
        raise click.UsageError("Name the ids to discard, or discard all with --yes.")
    queue = DeadLetterQueue(find_stack(stack))
    with _held(session, queue, ids, limit, "discarded") as hand:
        _say_rest(session, hand, ids)
        if not is_sure and hand.letters:
            click.confirm(f"Discard {_many(hand.letters)} for ever?", abort=True, err=True)
        gone = queue.discard(hand.letters)
    session.note(f"{_many(hand.letters[:gone]).capitalize()} discarded.")
    if left := len(hand.letters) - gone:
        session.note(f"Not removed: {left:,}.", "red")
    _end(not left)


@contextmanager
def _held(
    session: Session, queue: DeadLetterQueue, ids: Sequence[str], limit: int, done: str
) -> Iterator[Hand]:
    """Hold the letters with these ids, all of them, or without ids those there are."""
    with queue.hold(_MOST if ids else limit, _ACT, ids) as hand:
        if not ids:
            yield hand
            return
        by_id = {letter.id: letter for letter in hand.letters}
        if missing := [each for each in dict.fromkeys(ids) if each not in by_id]:
            for each in missing:
                session.note(f"There is no dead letter {each}, or somebody holds it.", "red")
            raise AdminError(f"Nothing was {done}.", ExitCode.NO_ANSWER)
        yield Hand([by_id[each] for each in dict.fromkeys(ids)], all=False)


def _say_rest(session: Session, hand: Hand, ids: Sequence[str]) -> None:
    if not ids and not hand.all:
        session.note(f"These are {len(hand.letters):,}; there may be more: --limit.")


def _many(letters: Sequence[DeadLetter]) -> str:
    number = len(letters)
    if number < 2:
        return "1 dead letter" if number else "no dead letters"
    return f"{number:,} dead letters"


def _end(done: bool) -> NoReturn:
    click.get_current_context().exit(ExitCode.ANSWERED if done else ExitCode.NO_ANSWER)
