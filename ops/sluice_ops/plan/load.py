"""Load: how many questions are asked, and the tokens and seconds that each takes."""

from dataclasses import dataclass, replace

#: Tokens of a prompt besides its passages: the instructions, the question, and the titles and tags
#: around ten passages.
AROUND_PASSAGES = 500
#: Seconds of a job besides its model call: Kendra's answer, and the service's own reads and writes.
AROUND_THE_CALL = 0.5
#: The slowest of a few answers takes this many times their average.
SLOWEST = 1.2


@dataclass(frozen=True)
class Load:
    """Questions submitted as one burst of batches. Tokens and seconds are those of one question."""

    questions: int
    input_tokens: int
    output_tokens: int
    #: maxTokens: what Bedrock reserves for the output while the call runs.
    max_output_tokens: int
    #: Tokens of quota that one output token costs.
    burndown: int
    #: Seconds of a model call.
    latency: float
    #: The share of questions that ask Kendra twice.
    fallback: float = 0

    @property
    def reserved(self) -> float:
        """Tokens that Bedrock reserves when a call starts."""
        return self.input_tokens + self.max_output_tokens

    @property
    def charged(self) -> float:
        """Tokens that Bedrock charges once it has ended."""
        return self.input_tokens + self.output_tokens * self.burndown

    @property
    def queries(self) -> float:
        return 1 + self.fallback

    @property
    def work_seconds(self) -> float:
        """Seconds that a job takes, without its wait for a quota."""
        return self.latency + AROUND_THE_CALL

    @property
    def slowest_seconds(self) -> float:
        """Seconds that the slowest of a few jobs takes."""
        return self.work_seconds * SLOWEST

    def reserving(self, max_output_tokens: int) -> "Load":
        """Return the same load with another maxTokens."""
        return replace(self, max_output_tokens=max_output_tokens)
