"""What README and docs say about the template is what the template says."""

import re
from pathlib import Path

from local.package import read_template
from sluice import errors

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_readme_lists_every_parameter_with_its_default() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", README, re.MULTILINE))
    for name, parameter in read_template(PROJECT / "template.yaml")["Parameters"].items():
        default = parameter.get("Default", "(needed)")
        shown = str(default) if default in ("", "(needed)") else f"`{default}`"
        assert listed.pop(name) == shown, name
    assert not listed


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
