"""What is simulated. Times are in seconds; the upstreams are those of pacing.md's conditions."""

from dataclasses import dataclass, replace

#: Reading and writing a DynamoDB item from Lambda, and everything else that a job stores.
READ, WRITE, STORE = 0.004, 0.006, 0.015
#: From a worker to an upstream, at most.
NETWORK = 0.03
#: From a message's becoming visible to its worker, at most.
POLL = 0.05
#: Least and most, evenly distributed: prompts and answers in tokens, calls in seconds.
PROMPT, ANSWER = (750, 2_250), (60, 180)
RETRIEVAL, GENERATION = (0.2, 0.4), (0.7, 1.3)
MAX_TOKENS = 1_000
#: Messages in one worker; of its time-out, what is left for jobs to wait for their turn.
BATCH, PATIENCE = 10, 300.0 - 5 - 60
#: Open jobs from which a caller's single questions go to the bulk lane.
MANY_OPEN = 20


@dataclass(frozen=True)
class Model:
    """A model with its quota, and a deployment with two lanes of its own."""

    name: str
    tokens_per_minute: float
    burndown: int

    @property
    def charge(self) -> float:
        """Tokens that a question is charged, on average."""
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
    #: So many that the models bind; Kendra's ledger is the one with the most bookings.
    queries_per_second: float = 700

    def times(self, factor: float) -> "Scenario":
        """The same with all quotas times a factor."""
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
        """Of the questions, how many go to this model: all should be done at one time."""
        rates = {each: each.tokens_per_minute / each.charge for each in self.models}
        return rates[model] / sum(rates.values())
