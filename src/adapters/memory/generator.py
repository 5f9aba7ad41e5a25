"""A generator that follows scripts."""

from collections.abc import Callable, Sequence

from sluice.ports import Generation, Piece, Prompt, StreamEnd

#: One step of a script: write a piece, end the stream, raise an error, or run the test's code.
Step = Piece | StreamEnd | Exception | Callable[[], None]


class ScriptedGenerator:
    """Follows one script per call. Once only one script is left, every call follows it."""

    model = "scripted.model"

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.play(*scripts)
        self.prompts: list[Prompt] = []
        self.max_tokens: list[int] = []
        #: How many calls are over: followed to the end, failed, or closed.
        self.closed = 0

    def play(self, *scripts: Sequence[Step]) -> None:
        """Use these scripts from the next call on."""
        self._scripts = list(scripts)

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        self.prompts.append(prompt)
        self.max_tokens.append(max_tokens)
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, Piece | StreamEnd):
                    yield step
                else:
                    step()
        finally:
            self.closed += 1
