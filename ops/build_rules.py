"""Puts the service's rules, the package `sluice` of src/, into the wheel of `sluice-ops`."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Rules(BuildHookInterface):
    """Adds ../src/sluice to wheels. An install in place gets no copy: it would go stale."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"]["../src/sluice"] = "sluice"
