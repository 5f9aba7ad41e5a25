"""Checks template.yaml, offline: `python -m tools.lint_template [TEMPLATE]`.

First it runs `sam validate --lint`.
Then it checks what CloudFormation gets, after the SAM transform, and a limit that cfn-lint does not
know: the longest timeout of a function.
Exits with 1 on any error or warning.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]
from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

#: The transform requires a region; nothing in the template depends on which.
_REGION = "us-east-1"
#: Seconds, Lambda's limit for every function.
_LONGEST_TIMEOUT = 900


def main() -> None:
    """Print what is wrong with the template and exit with 1, or say that it is valid."""
    os.environ.setdefault("SAM_CLI_TELEMETRY", "0")
    template = Path(sys.argv[1] if len(sys.argv) > 1 else "template.yaml")
    if not template.is_file():
        sys.exit(f"{template} does not exist.")
    if not _sam_accepts(template):
        sys.exit(f"{template}: see above.")
    faults = list(faults_of(template))
    for fault in faults:
        print(f"{template}: {fault}")
    if faults:
        sys.exit(f"{template}: {len(faults)} errors or warnings after the SAM transform.")
    print(f"{template} is valid, also after the SAM transform.")


def faults_of(template: Path) -> Iterator[str]:
    """Yield what is wrong with the transformed template, each with its path."""
    os.environ.setdefault("AWS_DEFAULT_REGION", _REGION)
    try:
        transformed = transform(_with_code_in_s3(template), {}, _NoManagedPolicies())
    except InvalidDocumentException as error:
        yield " ".join([error.message, *(cause.message for cause in error.causes)])
        return
    for match in lint(json.dumps(transformed), config=ManualArgs(regions=[_REGION])):
        place = "/".join(map(str, match.path or []))
        yield f"{place}: {match.message} [{match.rule.id}]"
    for name, resource in transformed["Resources"].items():
        timeout = resource.get("Properties", {}).get("Timeout")
        if resource["Type"] == "AWS::Lambda::Function" and _is_too_long(timeout):
            yield f"Resources/{name}/Properties/Timeout: {timeout} is not 1 to {_LONGEST_TIMEOUT}"


def _is_too_long(timeout: Any) -> bool:
    # cfn-lint checks whether it is a number or a reference to one.
    return isinstance(timeout, int) and not 1 <= timeout <= _LONGEST_TIMEOUT


def _with_code_in_s3(template: Path) -> dict[str, Any]:
    """Return the template with a CodeUri on S3, as `sam package` writes it for the transform."""
    content: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
    function = content.setdefault("Globals", {}).setdefault("Function", {})
    function["CodeUri"] = "s3://bucket/key"
    return content


class _NoManagedPolicies(ManagedPolicyLoader):  # type: ignore[misc]
    """Replaces the list of AWS's managed policies, which the transform would request from IAM.

    This template names policies by ARN or defines them itself, so none is looked up.
    """

    def __init__(self) -> None:
        super().__init__(None)

    def load(self) -> dict[str, str]:
        return {}


def _sam_accepts(template: Path) -> bool:
    sam = Path(sys.executable).with_name("sam")
    command = [str(sam), "validate", "--lint", "--region", _REGION, "--template", str(template)]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - sam itself


if __name__ == "__main__":
    main()
