"""Planning a deployment: what its quotas allow, what to set, and what it costs. All offline."""

from sluice_ops.plan.limits import Impossible
from sluice_ops.plan.load import Load
from sluice_ops.plan.plan import Plan, make_plan

__all__ = ["Impossible", "Load", "Plan", "make_plan"]
