"""Measure how long the functions take to start, and how large they are: `make bench-coldstart`.

A start is what Lambda runs before the first event: a function's imports and its clients.
The milliseconds are this machine's, not Lambda's; only the ratios carry over.
"""

import shutil
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.coldstart.package_size import PackageSize
from bench.coldstart.report import LANGCHAIN, baseline, report
from bench.coldstart.timing import Start, StartFailed, time_side_by_side, version_of
from bench.console import say, show
from bench.results_file import RESULTS, write_report
from local.stack import PROJECT
from tools import build_package, lambda_python, trim

ROUNDS = 21

#: Each handler's module, and the clients that it makes.
HANDLERS = {
    "submit.app": ("dynamodb", "sqs"),
    "status.app": ("dynamodb",),
    "status.live": ("dynamodb", "sqs", "apigatewaymanagementapi"),
    "worker.app": ("dynamodb", "sqs", "kendra", "bedrock-runtime", "apigatewaymanagementapi"),
}
#: A synchronous function written with langchain-aws. It never calls the index or the model.
_LANGCHAIN_CODE = """\
from langchain_aws import AmazonKendraRetriever, ChatBedrockConverse
AmazonKendraRetriever(index_id="0" * 36, min_score_confidence=0.0)
ChatBedrockConverse(model="amazon.nova-lite-v1:0")
"""


def main() -> None:
    """Measure, print the report, and write bench/results/coldstart.md and coldstart.json."""
    found = lambda_python.find()
    if found is None:
        say(f"No Python {lambda_python.VERSION} here: measured on this one, package not compiled.")
    python = found or Path(sys.executable)
    say("Installing what is compared ...")
    starts = _starts(python)
    size = PackageSize.of(build_package.package(found, build_package.LAMBDA))
    say(f"Timing {len(starts)} starts in {ROUNDS} rounds; this takes some minutes ...")
    try:
        times = time_side_by_side(starts, python, ROUNDS)
    except StartFailed as failure:
        sys.exit(str(failure))
    text = report(list(HANDLERS), times, size, version_of(python))
    show(text)
    facts = {"python": version_of(python), "milliseconds": times, "bytes": asdict(size)}
    write_report(RESULTS / "coldstart.md", text, facts)


def _starts(python: Path) -> list[Start]:
    """Everything that is timed."""
    package = build_package.package(python, platform=())
    bare = _installed("boto3", python)
    cut = partial(_trim_copy, bare)
    trimmed = build_package.once("trimmed-boto3", [Path(trim.__file__)], bare.name, cut)
    starts = [Start(LANGCHAIN, _installed("langchain", python), _LANGCHAIN_CODE)]
    for handler, services in HANDLERS.items():
        clients = "\n".join(["import boto3", *(f"boto3.client({name!r})" for name in services)])
        starts += [
            Start(handler, package, f"import {handler}"),
            Start(baseline(handler), bare, clients),
            Start(baseline(handler, trimmed=True), trimmed, clients),
        ]
    return starts


def _installed(name: str, python: Path) -> Path:
    """A folder with the packages of requirements/`name`.txt, compiled as our package is."""
    requirements = PROJECT / "requirements" / f"{name}.txt"

    def fill(folder: Path) -> None:
        build_package.install(folder, requirements, python=python)
        build_package.compile_bytecode(folder, python)

    return build_package.once(name, [requirements], str(python), fill)


def _trim_copy(bare: Path, folder: Path) -> None:
    shutil.copytree(bare, folder, dirs_exist_ok=True)
    trim.trim_service_data(folder / "botocore" / "data")


if __name__ == "__main__":
    main()
