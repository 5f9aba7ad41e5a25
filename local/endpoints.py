"""`endpoints.json`: the addresses of the running stack, for the `sluice` command and others."""

import json
import os
from collections.abc import Mapping
from pathlib import Path


class EndpointsFile:
    """A file that exists while the stack is running."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, endpoints: Mapping[str, str]) -> None:
        """Write the file atomically, readable by its owner only: it contains a key."""
        self.path.parent.mkdir(exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(endpoints, file, indent=2)
        fresh.replace(self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
