"""`python -m local run` and `python -m local demo`; the Makefile's targets call them."""

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

#: What a person can mend by reading one message.
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
    """Sluice on this machine: template.yaml on a local AWS, Kendra and Bedrock by stand-ins."""


@main.command("run")
@click.option("--port", default=8787, type=click.IntRange(1, 65535), help="The API's port.")
@click.option("--docs", default="", help="A folder of PDF, Markdown, HTML and text files.")
@click.option("--kendra-url", default="", help="Another Kendra endpoint, AWS's own included.")
@click.option("--bedrock-url", default="", help="Another Bedrock endpoint, AWS's own included.")
@click.option("--parameters", default="", help="Name=value of template.yaml, spaces between.")
@click.option("--quotas", default="", help="The stand-ins': tokens=300000 shape=rolling ...")
@click.option("--faults", default="", help="The stand-ins': throttle=0.01 slow=lognormal:1:3 ...")
@click.option("--state", default=PROJECT / ".sluice", type=Path, help="For log and endpoints.json.")
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
@click.option("--docs", default="", help="A folder of PDF, Markdown, HTML and text files.")
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
