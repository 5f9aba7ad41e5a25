"""A forecast: a waiting job's place in the queue and its expected wait."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Forecast:
    """`position` 1 is next; 0 is no longer waiting. Waits are in seconds."""

    position: int
    estimated_wait_seconds: int
    #: For the Retry-After header; None once the job has ended.
    retry_after_seconds: int | None


#: For a job that no longer waits.
NO_WAIT = Forecast(0, 0, None)
