import subprocess
import sys
from pathlib import Path

import pytest

from tools.build_package import ROOT
from tools.lint_template import faults_of


def changed(tmp_path: Path, before: str, after: str) -> Path:
    """A copy of template.yaml with the first `before` changed to `after`."""
    text = (ROOT / "template.yaml").read_text()
    assert before in text, f"template.yaml has no {before!r} any more: change this test"
    copy = tmp_path / "template.yaml"
    copy.write_text(text.replace(before, after, 1))
    return copy


def lint(template: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.lint_template", str(template)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_template_is_valid_after_the_transform() -> None:
    assert not list(faults_of(ROOT / "template.yaml"))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param("!Ref MaxConcurrency}", "1}", "less than the minimum of 2", id="concurrency"),
        pytest.param("VisibilityTimeout: 300", "VisibilityTimeout: 299", "(299)", id="visibility"),
        pytest.param("BillingMode:", "BilingMode:", "BilingMode", id="property"),
        pytest.param("KeyId: !Ref ApiKey", "KeyId: !GetAtt Gone.Id", "Gone", id="attribute"),
    ],
)
def test_a_fault_is_reported(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert message in "\n".join(faults_of(changed(tmp_path, before, after)))


def test_a_fault_that_sam_finds_fails_the_check(tmp_path: Path) -> None:
    found = lint(changed(tmp_path, "!Ref MaxConcurrency}", "1}"))
    assert found.returncode != 0
    assert "less than the minimum of 2" in found.stdout + found.stderr


def test_a_timeout_that_lambda_refuses_is_reported_though_cfn_lint_accepts_it(
    tmp_path: Path,
) -> None:
    template = changed(tmp_path, "Timeout: 28", "Timeout: 901")
    found = lint(template)
    assert found.returncode != 0
    assert "Resources/SubmitFunction/Properties/Timeout: 901 is not 1 to 900" in found.stdout


def test_a_template_that_is_no_yaml_fails_without_a_traceback(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: [")
    found = lint(template)
    assert found.returncode != 0
    assert "Traceback" not in found.stderr


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    found = lint(tmp_path / "none.yaml")
    assert found.returncode != 0
    assert "none.yaml does not exist" in found.stderr
