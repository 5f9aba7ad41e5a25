"""A forecast: the position of a waiting job in its queue, and the expected wait."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Forecast:
    """The position and expected wait of a job. Position 1 is next, 0 means not waiting."""

    position: int
    estimated_wait_seconds: int
    #: The value of the Retry-After header. None once the job has ended.
    retry_after_seconds: int | None


#: The forecast of a job that has ended.
NO_WAIT = Forecast(0, 0, None)
