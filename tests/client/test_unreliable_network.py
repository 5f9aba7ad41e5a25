"""The reported text is the stored one, despite cuts, repeats, losses and reconnections."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sluice_client import TextDelta, TextRestarted
from sluice_client.live.reader import MessageReader
from sluice_client.live.transcript import Subscribe
from tests.client.fakes import JOB_ID
from tests.client.live_fakes import Message, delta, event


@given(st.lists(st.text(min_size=1, max_size=5), max_size=8), st.data())
def test_pieces_in_order_with_repeats_and_overlaps_make_the_text(
    pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(pieces)
    messages, end = [], 0
    for piece in pieces:
        end += len(piece)
        start = data.draw(st.integers(0, end - len(piece)))
        messages += [delta(start, text[start:end])] * data.draw(st.integers(1, 2))

    reader = MessageReader(JOB_ID)
    reported = [output for message in messages for output in reader.message(message)]

    assert all(isinstance(output, TextDelta) for output in reported)
    assert reader.text(JOB_ID) == text


class UnreliableNetwork(RuleBasedStateMachine):
    """A service writes attempts at an answer; a network loses, repeats and cuts what it sends."""

    @initialize(texts=st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4))
    def begin(self, texts: list[str]) -> None:
        self.attempts = texts
        self.attempt = 1
        self.written = self.saved = 0
        self.reader = MessageReader(JOB_ID)
        self.shown = ""

    @property
    def text(self) -> str:
        return self.attempts[self.attempt - 1]

    def hear(self, message: Message) -> None:
        for output in list(self.reader.message(message)):
            if isinstance(output, TextDelta):
                assert output.offset == len(self.shown)
                self.shown += output.text
            elif isinstance(output, TextRestarted):
                self.shown = ""
            elif isinstance(output, Subscribe):
                self.hear(self.snapshot())
        assert self.shown == self.reader.text(JOB_ID)
        assert any(text.startswith(self.shown) for text in self.attempts), "a mixture"

    def snapshot(self) -> Message:
        return event("in_progress", self.text[: self.saved], attempts=self.attempt)

    @rule(length=st.integers(1, 9), arrives=st.booleans(), saves=st.booleans())
    def write(self, length: int, arrives: bool, saves: bool) -> None:
        start, self.written = self.written, min(self.written + length, len(self.text))
        if saves:
            self.saved = self.written
        if arrives and self.written > start:
            self.hear(delta(start, self.text[start : self.written], self.attempt))

    @rule(start=st.integers(0, 30), length=st.integers(1, 30))
    def repeat(self, start: int, length: int) -> None:
        piece = self.text[: self.written][start : start + length]
        if piece:
            self.hear(delta(start, piece, self.attempt))

    @precondition(lambda self: self.attempt > 1)
    @rule(start=st.integers(0, 30))
    def straggle(self, start: int) -> None:
        old = self.attempts[self.attempt - 2]
        self.hear(event("in_progress", old, attempts=self.attempt - 1))
        self.hear(delta(0, old[: start + 1], self.attempt - 1))

    @rule()
    def reconnect(self) -> None:
        self.reader.reconnected()
        self.hear(self.snapshot())

    @precondition(lambda self: self.attempt < len(self.attempts))
    @rule(reported=st.booleans(), given_back=st.booleans())
    def start_again(self, reported: bool, given_back: bool) -> None:
        if given_back:
            self.hear(event("queued", attempts=self.attempt))
        self.attempt += 1
        self.written = self.saved = 0
        if (
            reported or given_back
        ):  # a late message after "queued" would belong to the current attempt
            self.hear(self.snapshot())

    def teardown(self) -> None:
        if not hasattr(self, "attempts"):
            return
        self.hear(event("completed", self.text, attempts=self.attempt))
        assert self.shown == self.text
        assert not self.reader.unfinished
        late = [delta(len(self.text), "!", self.attempt), self.snapshot(), event("queued")]
        assert not [output for message in late for output in self.reader.message(message)]


TestUnreliableNetwork = UnreliableNetwork.TestCase
