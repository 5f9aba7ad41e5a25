"""What is simulated. Times are in seconds."""

from dataclasses import dataclass, replace

#: Reading a DynamoDB item from Lambda, writing one, and storing everything else of a job.
READ, WRITE, STORE = 0.004, 0.006, 0.015
#: The longest way from a worker to an upstream.
NETWORK = 0.03
#: The longest time between a message becoming visible and its delivery.
POLL = 0.05
#: Least and most of uniform distributions: prompts and answers in tokens, calls in seconds.
PROMPT, ANSWER = (750, 2_250), (60, 180)
RETRIEVAL, GENERATION = (0.2, 0.4), (0.7, 1.3)
MAX_TOKENS = 1_000
#: Messages of one worker; how long its jobs may wait for a quota within the function's timeout.
BATCH, PATIENCE = 10, 300.0 - 5 - 60
#: A caller with this many open jobs has its single questions sent to the bulk lane.
MANY_OPEN = 20


@dataclass(frozen=True)
class Model:
    """A model with its quota; its deployment has two lanes."""

    name: str
    tokens_per_minute: float
    burndown: int

    @property
    def charge(self) -> float:
        """Tokens charged for a question, on average."""
        return sum(PROMPT) / 2 + sum(ANSWER) / 2 * self.burndown


@dataclass(frozen=True)
class Scenario:
    """A burst. The models share one Kendra index; each has workers // (2 x models) per lane."""

    questions: int = 1_000_000
    callers: int = 50
    workers: int = 200
    seed: int = 7
    models: tuple[Model, ...] = (
        Model("A, burndown 1", 10e6, 1),
        Model("B, burndown 5", 10e6, 5),
        Model("C, burndown 15", 10e6, 15),
    )
    #: High enough that the models are the bottleneck; Kendra's ledger has the most bookings.
    queries_per_second: float = 700

    def times(self, factor: float) -> "Scenario":
        """The same scenario with all quotas multiplied by a factor."""
        models = (
            replace(each, tokens_per_minute=each.tokens_per_minute * factor) for each in self.models
        )
        queries = self.queries_per_second * factor
        return replace(self, models=tuple(models), queries_per_second=queries)

    @property
    def concurrency(self) -> int:
        """MaximumConcurrency of each lane."""
        return max(2, self.workers // (2 * len(self.models)))

    def share(self, model: Model) -> float:
        """The share of the questions for this model, such that all models finish together."""
        rates = {each: each.tokens_per_minute / each.charge for each in self.models}
        return rates[model] / sum(rates.values())
