"""Builds the package that all functions share: `python -m tools.build_package FOLDER`.

`sam build` runs this once for each function.
The package holds src/, the locked packages of src/requirements.txt for Lambda's platform, trimmed,
and bytecode for Lambda's Python, since Lambda keeps none between cold starts.
Our own sources stay beside their bytecode, so that tracebacks show the lines.
Of the installed packages only the bytecode ships: a quarter less to load.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools import lambda_python
from tools.trim import trim

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
REQUIREMENTS = SOURCE / "requirements.txt"

#: pip's options for Lambda's platform: the Architectures and the Runtime of template.yaml.
LAMBDA = (
    *("--platform", "manylinux2014_aarch64"),
    *("--implementation", "cp", "--python-version", lambda_python.VERSION),
)

_KEPT = ROOT / ".aws-sam" / "made"
#: `memory` is src/adapters/memory, for tests and simulations.
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", ".*", "requirements.*", "Makefile", "memory")
#: The folder where Lambda unpacks a package. File names in tracebacks start with it.
_TASK = "/var/task"


def main() -> None:
    """Build for Lambda into the folder that the command line names."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.build_package FOLDER")
    folder = Path(sys.argv[1])
    python = lambda_python.find()
    if python is None:
        print(
            f"Warning: no Python {lambda_python.VERSION} here, so the package has no bytecode and"
            f" cold starts take about twice as long. Install it, or: uv python install"
            f" {lambda_python.VERSION}"
        )
    shutil.copytree(package(python, LAMBDA), folder, dirs_exist_ok=True)


def package(python: Path | None, platform: tuple[str, ...]) -> Path:
    """Return the folder with the package, which is built if it does not exist yet.

    `python` compiles it. `platform` are pip's options; without any, it is built for that `python`.
    """
    dependencies = once(
        "packages",
        [REQUIREMENTS, *sorted(Path(__file__).parent.glob("*.py"))],
        f"{python} {platform}",
        lambda folder: _install_trimmed(folder, python, platform),
    )
    source = [path for path in sorted(SOURCE.rglob("*")) if _is_shipped(path)]
    return once(
        "package",
        source,
        dependencies.name,
        lambda folder: assemble(folder, dependencies, python),
    )


def once(name: str, files: list[Path], also: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that `make` has filled, now or earlier with the same `files` and `also`.

    The four folders of each name that were used last are kept.
    """
    digest = hashlib.sha256(also.encode())
    for file in files:
        digest.update(f"\0{file}\0".encode() + file.read_bytes())
    made = _KEPT / f"{name}-{digest.hexdigest()[:16]}"
    if not made.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as scratch:
            unfinished = Path(scratch) / name
            unfinished.mkdir()
            make(unfinished)
            # Two functions may be built at the same time; the second uses the first one's folder.
            if not made.exists():
                unfinished.rename(made)
    made.touch()
    _forget_all_but_last(name)
    return made


def install(folder: Path, requirements: Path, *options: str, python: Path | None = None) -> None:
    """Install locked wheels into `folder`, for `python` or with pip's `options` for a platform."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    pip += ["--python", str(python)] if python and not options else []
    pip += ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--no-compile"]
    # The lock names every package; nothing is left to resolve.
    pip += ["--no-deps", "--root-user-action", "ignore", "--target", str(folder)]
    _run(f"pip could not install {requirements.name}", *pip, *options, "-r", str(requirements))


def compile_bytecode(folder: Path, python: Path, *options: str) -> None:
    """Compile `folder` for Lambda, where sources never change: imports check no timestamps."""
    names = ["-s", str(folder), "-p", _TASK]
    mode = ["--invalidation-mode", "unchecked-hash", *options]
    compileall = [str(python), "-I", "-m", "compileall", "-q", "-j", "0"]
    _run(f"{python} could not compile {folder}", *compileall, *mode, *names, str(folder))


def replace_by_bytecode(folder: Path, python: Path) -> None:
    """Replace each module's source by its bytecode."""
    compile_bytecode(folder, python, "-b")
    for source in list(folder.rglob("*.py")):
        source.unlink()


def _install_trimmed(folder: Path, python: Path | None, platform: tuple[str, ...]) -> None:
    install(folder, REQUIREMENTS, *platform, python=python)
    trim(folder)
    if python:
        replace_by_bytecode(folder, python)


def assemble(folder: Path, dependencies: Path, python: Path | None) -> None:
    """Fill `folder` with the packages and src/, compiled if there is a `python` for it."""
    shutil.copytree(dependencies, folder, dirs_exist_ok=True)
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True, ignore=_NOT_SHIPPED)
    if python:
        compile_bytecode(folder, python)


def _is_shipped(path: Path) -> bool:
    parts = path.relative_to(SOURCE).parts
    return path.is_file() and not any(_NOT_SHIPPED("", [part]) for part in parts)


def _forget_all_but_last(name: str) -> None:
    made = sorted(_KEPT.glob(f"{name}-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in made[:-4]:
        shutil.rmtree(folder, ignore_errors=True)


def _run(failure: str, *command: str) -> None:
    """Run pip or compileall, which print their errors; exit with `failure` if one fails."""
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - as given above
        sys.exit(f"{failure}: see above.")


if __name__ == "__main__":
    main()
