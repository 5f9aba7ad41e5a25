"""The load: how many questions, and what each is expected to take."""

from dataclasses import dataclass, replace

#: Tokens of a prompt beside its passages: the instructions, the question, and the titles and tags
#: around ten passages.
AROUND_PASSAGES = 500
#: Seconds of a job beside its model call: Kendra's answer, and the service's own reads and writes.
AROUND_THE_CALL = 0.5
#: Questions that a caller may have open (MaxOpenJobsPerCaller); more are not sent yet.
MOST_OPEN = 10_000
#: The slowest of a few answers takes so much longer than their average.
SLOWEST = 1.2


@dataclass(frozen=True)
class Load:
    """Questions that come as one burst of batches. Tokens and seconds are those of one question."""

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
        """Tokens that Bedrock takes when a call starts."""
        return self.input_tokens + self.max_output_tokens

    @property
    def charged(self) -> float:
        """Tokens that Bedrock has taken once it has ended."""
        return self.input_tokens + self.output_tokens * self.burndown

    @property
    def booked(self) -> float:
        """Tokens that the service books while a call runs: what it is usually charged, if more."""
        return max(self.reserved, self.charged)

    @property
    def queries(self) -> float:
        return 1 + self.fallback

    @property
    def work_seconds(self) -> float:
        """How long a job is at work, apart from its waiting for a quota."""
        return self.latency + AROUND_THE_CALL

    @property
    def slowest_seconds(self) -> float:
        """How long the slowest of a few jobs is at work."""
        return self.work_seconds * SLOWEST

    def reserving(self, max_output_tokens: int) -> "Load":
        """The same load under another maxTokens."""
        return replace(self, max_output_tokens=max_output_tokens)
