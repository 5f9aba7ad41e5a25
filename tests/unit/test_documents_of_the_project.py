"""The documents agree with the template, the code and each other."""

import re
import tomllib
from pathlib import Path

import pytest

from local.package import read_template
from sluice import errors
from tools import parameters_docs
from tools.generated import write_or_check

PROJECT = Path(__file__).parents[2]
TEMPLATE = read_template(PROJECT / "template.yaml")
PARAMETERS = parameters_docs.document_of(TEMPLATE)


def test_the_document_of_parameters_is_up_to_date() -> None:
    written = (PROJECT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert written == parameters_docs.document_of(TEMPLATE)


def test_the_document_of_parameters_lists_each_one_once_with_its_default() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (.*?) \|", PARAMETERS, re.MULTILINE)
    assert sorted(name for name, _ in listed) == sorted(TEMPLATE["Parameters"])
    shown = dict(listed)
    assert shown["KendraIndexId"] == "(required)"
    assert shown["GuardrailId"] == "(empty)"
    assert shown["MaxPassages"] == "`10`"


def test_a_parameter_in_no_group_is_listed_all_the_same() -> None:
    template = {"Parameters": {"Colour": {"Default": "red", "Description": "Any | all."}}}
    assert "\n## Other\n" in parameters_docs.document_of(template)
    assert "| `Colour` | `red` |  | Any \\| all. |" in parameters_docs.document_of(template)


def test_a_generated_document_that_is_out_of_date_fails_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "generated.md"
    with pytest.raises(SystemExit, match=r"generated\.md is out of date: run `make docs`"):
        write_or_check(document, "new", ["--check"])
    write_or_check(document, "new", [])
    write_or_check(document, "new", ["--check"])
    assert "generated.md is up to date." in capsys.readouterr().out


def test_every_path_that_the_documents_link_to_exists() -> None:
    for document in [
        PROJECT / "README.md",
        PROJECT / "CONTRIBUTING.md",
        *PROJECT.glob("docs/*.md"),
    ]:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_every_refusal_is_described_in_the_api() -> None:
    api = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")

    def all_of(kind: type[errors.SluiceError]) -> list[type[errors.SluiceError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in all_of(child))]

    for kind in [*all_of(errors.Rejected), *all_of(errors.Fatal), *all_of(errors.Transient)]:
        if kind not in (errors.Rejected, errors.Fatal, errors.Transient):
            assert f"`{kind.type}`" in api, kind.type


def test_all_packages_have_one_version() -> None:
    projects = [PROJECT / "pyproject.toml", *PROJECT.glob("*/pyproject.toml")]
    versions = {
        path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"]
        for path in projects
    }
    assert len(versions) >= 2
    assert len(set(versions.values())) == 1, versions
