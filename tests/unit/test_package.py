import io
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session
from samtranslator.yaml_helper import yaml_parse

from local.package import zip_of
from tools import build_package, lambda_python, trim

DATA = Path(botocore.__file__).parent / "data"
REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1")


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trim botocore's data of our services and of one more."""
    data = tmp_path_factory.mktemp("data")
    for service in (*trim.SERVICES, "sns"):
        shutil.copytree(DATA / service, data / service)
    for file in DATA.glob("*.json"):
        shutil.copy(file, data)
    trim.trim_service_data(data)
    return data


def session(data: Path) -> Session:
    made = Session()
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    made.register_component("data_loader", loader)
    return made


def shapes(data: Path, service: str) -> dict[str, Any]:
    """Return what a client is made from: the operations, and each shape's kind and members."""
    model = session(data).get_service_model(service)
    return {
        "operations": list(model.operation_names),
        "shapes": {
            name: (
                model.shape_for(name).type_name,
                list(getattr(model.shape_for(name), "members", {})),
                model.shape_for(name).metadata,
            )
            for name in model.shape_names
        },
    }


@pytest.mark.parametrize("service", sorted(trim.SERVICES))
def test_a_trimmed_service_has_every_operation_and_shape(trimmed: Path, service: str) -> None:
    assert shapes(trimmed, service) == shapes(DATA, service)


@pytest.mark.parametrize("service", sorted(trim.SERVICES))
def test_a_trimmed_service_is_called_at_the_same_endpoints(trimmed: Path, service: str) -> None:
    def endpoints(data: Path) -> list[tuple[str, str]]:
        made = session(data)
        metas = [made.create_client(service, region_name=region).meta for region in REGIONS]
        return [(meta.endpoint_url, meta.partition) for meta in metas]

    assert endpoints(trimmed) == endpoints(DATA)


def test_trimming_leaves_no_documentation_and_no_other_service(trimmed: Path) -> None:
    assert {path.name for path in trimmed.iterdir() if path.is_dir()} == trim.SERVICES
    assert not [path for path in trimmed.rglob("*") if re.search(r'"documentation":"', _text(path))]


def test_every_service_that_a_client_is_made_for_is_kept() -> None:
    sources = "".join(path.read_text() for path in (build_package.SOURCE / "adapters").glob("*.py"))
    used = set(re.findall(r'boto3\.client\(\s*"([a-z0-9-]+)"', sources))
    assert {"dynamodb", "sqs", "kendra", "bedrock-runtime"} <= used
    assert used <= trim.SERVICES


def test_an_unknown_service_is_named(tmp_path: Path) -> None:
    for service in trim.SERVICES - {"kendra"}:
        (tmp_path / service).mkdir()
    with pytest.raises(ValueError, match="botocore has no service kendra"):
        trim.trim_service_data(tmp_path)


def test_the_package_is_built_for_the_runtime_that_the_template_names() -> None:
    template = yaml_parse((build_package.ROOT / "template.yaml").read_text())
    function = template["Globals"]["Function"]
    assert function["Runtime"] == f"python{lambda_python.VERSION}"
    assert function["Architectures"] == ["arm64"]
    assert "manylinux2014_aarch64" in build_package.LAMBDA


def test_a_python_that_cannot_run_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as pyenv's shim of a version that is not active, which comes before the real one."""
    shim = _program(tmp_path / "bin" / "python9.9", "echo 'command not found' >&2; exit 127")
    real = _program(
        tmp_path / "pyenv" / "versions" / "9.9.1" / "bin" / "python9.9", "echo 9.9; echo /right"
    )
    assert real.exists()
    monkeypatch.setattr(lambda_python, "VERSION", "9.9")
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert lambda_python.find() == Path("/right")


def test_a_python_of_another_version_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "python9.9", "echo 3.11; echo /wrong")
    monkeypatch.setattr(lambda_python, "VERSION", "9.9")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert lambda_python.find() is None


def test_without_the_runtimes_python_the_package_has_sources_and_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(folder: Path, *_: Any, **__: Any) -> None:
        (folder / "library.py").write_text("name = 'library'\n")

    monkeypatch.setattr(build_package, "install", install)
    monkeypatch.setattr(build_package, "trim", lambda _: None)
    monkeypatch.setattr(build_package, "_KEPT", tmp_path / "made")
    monkeypatch.setattr(lambda_python, "find", lambda: None)
    monkeypatch.setattr(sys, "argv", ["build_package", str(tmp_path / "package")])
    build_package.main()
    (line,) = capsys.readouterr().out.splitlines()
    assert "twice as long" in line
    assert (tmp_path / "package" / "library.py").exists()
    assert (tmp_path / "package" / "submit" / "app.py").exists()
    assert not list((tmp_path / "package").rglob("*.pyc"))


def test_the_package_has_the_contract_as_a_file(tmp_path: Path) -> None:
    """In src/ it is a link into docs/, which is not packaged."""
    (tmp_path / "dependencies").mkdir()
    build_package.assemble(tmp_path / "package", tmp_path / "dependencies", None)
    packaged = tmp_path / "package" / "openapi.json"
    assert not packaged.is_symlink()
    assert packaged.read_bytes() == (build_package.ROOT / "docs" / "openapi.json").read_bytes()


def test_an_unchanged_package_is_built_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_package, "_KEPT", tmp_path / "made")
    source = tmp_path / "source.txt"
    made: list[Path] = []
    source.write_text("one")
    first = build_package.once("thing", [source], "", made.append)
    assert build_package.once("thing", [source], "", made.append) == first
    source.write_text("two")
    assert build_package.once("thing", [source], "", made.append) != first
    assert len(made) == 2


def test_a_failed_build_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_package, "_KEPT", tmp_path / "made")

    def fail(folder: Path) -> None:
        (folder / "half").write_text("done")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        build_package.once("thing", [], "", fail)
    assert not list((tmp_path / "made").iterdir())


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_local_package_leaves_out_folders_of_src_and_not_those_above_it(tmp_path: Path) -> None:
    source = tmp_path / "memory" / "src"
    for name in ("submit/app.py", "adapters/memory/queue.py", "submit/__pycache__/app.pyc"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("")
    with zipfile.ZipFile(io.BytesIO(zip_of(source))) as package:
        assert package.namelist() == ["submit/app.py"]
