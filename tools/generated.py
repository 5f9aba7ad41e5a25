"""Generated documents: write one, or check that the committed file is up to date."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def write_or_check(document: Path, text: str, arguments: list[str]) -> None:
    """Write `text` to the document. With `--check`, exit 1 if the file differs instead.

    `arguments` are those of the command line, without the program's name.
    """
    if arguments not in ([], ["--check"]):
        sys.exit(f"Unknown arguments: {' '.join(arguments)}. The only option is --check.")
    name = document.relative_to(ROOT) if document.is_relative_to(ROOT) else document
    if not arguments:
        document.write_text(text, encoding="utf-8")
        print(f"Wrote {name}.")
    elif not document.is_file() or document.read_text(encoding="utf-8") != text:
        sys.exit(f"{name} is out of date: run `make docs` and commit the result.")
    else:
        print(f"{name} is up to date.")
