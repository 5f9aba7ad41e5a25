"""Ledgers in memory."""

import json
from collections.abc import Mapping
from typing import Any


class MemoryLedgerStore:
    """A LedgerStore in a dictionary. The next `overtaken` writes are refused as too late."""

    def __init__(self) -> None:
        self.ledgers: dict[str, tuple[str, int]] = {}
        self.overtaken = 0
        self.reads = 0
        self.writes = 0

    def read(self, resource: str) -> tuple[Mapping[str, Any], int]:
        self.reads += 1
        state, version = self.ledgers.get(resource, ("{}", 0))
        return json.loads(state), version

    def write(self, resource: str, state: Mapping[str, Any], version: int) -> bool:
        if self.overtaken:
            self.overtaken -= 1
            return False
        if self.ledgers.get(resource, ("", 0))[1] != version:
            return False
        self.writes += 1
        self.ledgers[resource] = (json.dumps(state), version + 1)
        return True
