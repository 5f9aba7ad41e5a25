"""Writes docs/parameters.md from template.yaml: `python -m tools.parameters_docs [--check]`."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from local.package import read_template
from tools.generated import ROOT, write_or_check

_HEADER = """\
<!-- Generated from template.yaml: change the descriptions there, then run `make docs`. -->

# Parameters of the stack

For `make deploy`, set parameters in `samconfig.toml`.
For `make run`, pass them as `PARAMETERS="Name=value ..."`.
`sluice-ops plan` proposes values for your quotas and your load.
"""
_COLUMNS = """\
| Parameter | Default | Allowed values | Description |
|---|---|---|---|
"""

Parameter = Mapping[str, Any]


def main() -> None:
    """Write or check the document."""
    template = read_template(ROOT / "template.yaml")
    write_or_check(ROOT / "docs" / "parameters.md", document_of(template), sys.argv[1:])


def document_of(template: Mapping[str, Any]) -> str:
    """Return the document as text, with one table for each group of parameters."""
    parameters: Mapping[str, Parameter] = template["Parameters"]
    tables = [
        f"\n## {title}\n\n{_COLUMNS}" + "".join(_row(name, parameters[name]) for name in names)
        for title, names in _groups(template)
    ]
    return _HEADER + "".join(tables)


def _groups(template: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the groups of the CloudFormation console, then the parameters that are in no group."""
    ungrouped = dict.fromkeys(template["Parameters"])
    interface = template.get("Metadata", {}).get("AWS::CloudFormation::Interface", {})
    for group in interface.get("ParameterGroups", []):
        for name in group["Parameters"]:
            ungrouped.pop(name)
        yield group["Label"]["default"], group["Parameters"]
    if ungrouped:
        yield "Other", list(ungrouped)


def _row(name: str, parameter: Parameter) -> str:
    cells = [f"`{name}`", _default(parameter), _allowed(parameter), parameter["Description"]]
    # A bar ends a cell, even inside code.
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _default(parameter: Parameter) -> str:
    if "Default" not in parameter:
        return "(required)"
    return f"`{parameter['Default']}`" if parameter["Default"] != "" else "(empty)"


def _allowed(parameter: Parameter) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(f"`{value}`" for value in parameter["AllowedValues"])
    if "AllowedPattern" in parameter:
        return f"`{parameter['AllowedPattern']}`"
    least, most = parameter.get("MinValue"), parameter.get("MaxValue")
    if most is not None:
        return f"{least:,} to {most:,}"
    return "" if least is None else f"{least:,} or more"


if __name__ == "__main__":
    main()
