"""`python -m local run` and `python -m local demo`, which `make run` and `make demo` call."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from local.conditions import Conditions, UnreadableConditions
from local.demo import demo
from local.deployment import DeployFailed
from local.ministack import PortTaken
from local.package import BrokenTemplate
from local.process import StartFailed
from local.run import run
from local.stack import PROJECT, SAMPLES, NoDocuments, StackOptions
from local.upstream_server import UpstreamUnreachable, UpstreamUrls

#: Errors that a person can fix after reading the message; they need no traceback.
_EXPLAINED = (
    BrokenTemplate,
    DeployFailed,
    NoDocuments,
    PortTaken,
    StartFailed,
    UnreadableConditions,
    UpstreamUnreachable,
)


@click.group()
def main() -> None:
    """Run Sluice on this machine: a local AWS, and stand-ins for Kendra and Bedrock."""


@main.command("run")
@click.option("--port", default=8787, type=click.IntRange(1, 65535), help="Port of the API.")
@click.option("--docs", default="", help="Folder with PDF, Markdown, HTML and text files.")
@click.option("--kendra-url", default="", help="Kendra endpoint to use instead of the stand-in.")
@click.option("--bedrock-url", default="", help="Bedrock endpoint to use instead of the stand-in.")
@click.option("--parameters", default="", help="Parameters of template.yaml: Name=value ...")
@click.option("--quotas", default="", help="Quotas of the stand-ins: tokens=300000 ...")
@click.option("--faults", default="", help="Faults of the stand-ins: throttle=0.01 ...")
@click.option(
    "--state", default=PROJECT / ".sluice", type=Path, help="Folder for the log and endpoints.json."
)
def run_command(
    port: int,
    docs: str,
    kendra_url: str,
    bedrock_url: str,
    parameters: str,
    quotas: str,
    faults: str,
    state: Path,
) -> None:
    """Run the stack until Ctrl-C."""
    options = StackOptions(
        port=port,
        state=state,
        documents=Path(docs).expanduser() if docs else SAMPLES,
        urls=UpstreamUrls(kendra_url, bedrock_url),
        parameters=_pairs(parameters),
    )
    _explain(lambda: run(replace(options, conditions=Conditions.read(quotas, faults))))


@main.command("demo")
@click.option("--docs", default="", help="Folder with PDF, Markdown, HTML and text files.")
def demo_command(docs: str) -> None:
    """Start the stack, ask the sample questions, show the answers, stop."""
    _explain(lambda: demo(Path(docs).expanduser() if docs else SAMPLES))


def _explain(work: Callable[[], int]) -> None:
    try:
        sys.exit(work())
    except _EXPLAINED as error:
        sys.exit(f"Sluice cannot start. {error}")


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not (name and equals):
            sys.exit(f'PARAMETERS: "{word}" is not Name=value.')
        pairs[name] = value
    return pairs


main()
