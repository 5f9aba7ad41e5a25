"""Planning a deployment: what its quotas allow, what to set, and what it costs. All offline."""

from sluice_ops.plan.load import Load
from sluice_ops.plan.plan import Plan, make_plan
from sluice_ops.plan.quotas import Impossible, Quotas

__all__ = ["Impossible", "Load", "Plan", "Quotas", "make_plan"]
