"""Packages template.yaml and src/ for deployment, as `sam package` does."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError


class BrokenTemplate(Exception):
    """template.yaml is not valid YAML; the message says where."""


#: `memory` is src/adapters/memory, which is not shipped to Lambda either.
_IGNORED = {"__pycache__", ".mypy_cache", ".ruff_cache", "memory"}


def zip_of(folder: Path) -> bytes:
    """Return the folder's files in a zip, without what is not shipped."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not _IGNORED & set(path.relative_to(folder).parts):
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def read_template(path: Path) -> dict[str, Any]:
    """Return template.yaml with `!Ref` and the like in their long form. Raises BrokenTemplate."""
    try:
        template: dict[str, Any] = yaml_parse(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise BrokenTemplate(f"{path.name} is not YAML: {' '.join(str(error).split())}") from error
    return template


def with_code_at(template: dict[str, Any], code: str) -> str:
    """Return the template as JSON, with the functions' code at the S3 address `code`."""
    function = template["Globals"]["Function"] | {"CodeUri": code}
    return json.dumps(template | {"Globals": {"Function": function}}, default=str)
