"""How long the proofs look: briefly in `make test`, as long as SLUICE_FUZZ says in `make fuzz`."""

import os

from hypothesis import HealthCheck, Phase, settings

#: Times as many examples as `make test` tries.
_TIMES = int(os.environ.get("SLUICE_FUZZ", "1"))


def bounded(examples: int, steps: int = 50) -> settings:
    """Settings for so many examples; repeatable, unless a longer search is asked for."""
    return settings(
        max_examples=examples * _TIMES,
        stateful_step_count=steps if _TIMES == 1 else 2 * steps,
        derandomize=_TIMES == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Explaining a failure takes long, and the history says it all.
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
