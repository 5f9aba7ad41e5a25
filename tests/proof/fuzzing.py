"""How long the proofs search: briefly in `make test`, SLUICE_FUZZ times as long in `make fuzz`."""

import os

from hypothesis import HealthCheck, Phase, settings

#: The factor by which to search longer than `make test` does.
_TIMES = int(os.environ.get("SLUICE_FUZZ", "1"))


def bounded(examples: int, steps: int = 50) -> settings:
    """Return settings for this many examples; without SLUICE_FUZZ each run tries the same ones."""
    return settings(
        max_examples=examples * _TIMES,
        stateful_step_count=steps if _TIMES == 1 else 2 * steps,
        derandomize=_TIMES == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Explaining a failure takes long, and the history explains itself.
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
