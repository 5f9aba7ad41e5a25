"""Writes docs/openapi.json: `PYTHONPATH=src:. python -m tools.openapi [--check]`."""

import json
import sys

from tools.generated import ROOT, write_or_check
from tools.openapi.document import document


def main() -> None:
    """Write or check the document."""
    write_or_check(ROOT / "docs" / "openapi.json", rendered(), sys.argv[1:])


def rendered() -> str:
    """Return the document as text. Fields keep the order of the models, which reads best."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
