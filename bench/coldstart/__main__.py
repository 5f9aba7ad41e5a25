"""How long the functions take to start, beside what they cannot do without: `make bench-coldstart`.

A start is a function's imports and clients, which Lambda runs before the first event. Measured on
this machine, so the milliseconds are not Lambda's; the ratios are what carries over.
"""

import json
import shutil
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.coldstart.package_size import Size
from bench.coldstart.report import LANGCHAIN, report, yardstick
from bench.coldstart.timing import Start, StartFailed, time_side_by_side, version_of
from tools import build_package, lambda_python, trim

ROUNDS = 21

#: Each handler's module, and the clients that it makes.
HANDLERS = {
    "submit.app": ("dynamodb", "sqs"),
    "status.app": ("dynamodb",),
    "status.live": ("dynamodb", "sqs", "apigatewaymanagementapi"),
    "worker.app": ("dynamodb", "sqs", "kendra", "bedrock-runtime", "apigatewaymanagementapi"),
}
#: The proof-of-concept's retriever and model; index and model id are never used.
_PROOF_OF_CONCEPT = """\
from langchain_aws import AmazonKendraRetriever, ChatBedrockConverse
AmazonKendraRetriever(index_id="0" * 36, min_score_confidence=0.0)
ChatBedrockConverse(model="amazon.nova-lite-v1:0")
"""

_ROOT = Path(__file__).parents[2]
_RESULTS = _ROOT / "bench" / "results"


def main() -> None:
    """Measure, print, and write bench/results/coldstart.md and coldstart.json."""
    lambdas = lambda_python.find()
    if lambdas is None:
        _say(f"No Python {lambda_python.VERSION} here: measured on this one, package not compiled.")
    python = lambdas or Path(sys.executable)
    _say("Installing what is compared ...")
    starts = _starts(python)
    size = Size.of(build_package.package(lambdas, build_package.LAMBDA))
    _say(f"Timing {len(starts)} starts in {ROUNDS} rounds, some minutes ...")
    try:
        times = time_side_by_side(starts, python, ROUNDS)
    except StartFailed as failure:
        sys.exit(str(failure))
    text = report(list(HANDLERS), times, size, version_of(python))
    print(text)
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "coldstart.md").write_text(text, encoding="utf-8")
    facts = {"python": version_of(python), "milliseconds": times, "bytes": asdict(size)}
    (_RESULTS / "coldstart.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _starts(python: Path) -> list[Start]:
    """Everything that is timed."""
    package = build_package.package(python, platform=())
    bare = _installed("boto3", python)
    cut = partial(_trim_copy, bare)
    trimmed = build_package.once("trimmed-boto3", [Path(trim.__file__)], bare.name, cut)
    starts = [Start(LANGCHAIN, _installed("langchain", python), _PROOF_OF_CONCEPT)]
    for handler, services in HANDLERS.items():
        clients = "\n".join(["import boto3", *(f"boto3.client({name!r})" for name in services)])
        starts += [
            Start(handler, package, f"import {handler}"),
            Start(yardstick(handler), bare, clients),
            Start(yardstick(handler, trimmed=True), trimmed, clients),
        ]
    return starts


def _installed(name: str, python: Path) -> Path:
    """The packages of requirements/`name`.txt as they are, with bytecode like ours."""
    requirements = _ROOT / "requirements" / f"{name}.txt"

    def fill(folder: Path) -> None:
        build_package.install(folder, requirements, python=python)
        build_package.compile_bytecode(folder, python)

    return build_package.once(name, [requirements], str(python), fill)


def _trim_copy(bare: Path, folder: Path) -> None:
    shutil.copytree(bare, folder, dirs_exist_ok=True)
    trim.trim_service_data(folder / "botocore" / "data")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
