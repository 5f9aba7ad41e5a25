"""Planning a deployment: what its quotas allow, what to set, and what it costs. All offline."""

from sluice_client.plan.load import Load
from sluice_client.plan.plan import Plan, make_plan
from sluice_client.plan.quotas import Impossible, Quotas

__all__ = ["Impossible", "Load", "Plan", "Quotas", "make_plan"]
