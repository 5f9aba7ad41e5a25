"""schemathesis calls the running API in ways that its contract allows and in ways it does not."""

import json
import os
import re
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running_stack import RunningStack
from tools.openapi.document import document

CONFIG = Path(__file__).with_name("contract.toml")
#: `make fuzz` sets it: the factor for the number of examples.
TIMES = int(os.environ.get("SLUICE_FUZZ", "1"))
#: `make test` always makes the same calls; a failure prints the seed.
SEED = 1 if TIMES == 1 else secrets.randbelow(2**32)

#: A cursor that every list accepts: it continues after the latest possible job.
CURSOR = urlsafe_b64encode(b"ffffffff-ffff-7fff-bfff-ffffffffffff").decode()

Contract = dict[str, Any]


@pytest.fixture(scope="module")
def contract(running: RunningStack) -> Contract:
    found: Contract = running.call("GET", "/openapi.json").json()
    return found


def narrowed(contract: Contract) -> Contract:
    """Return the contract, limited to the filters that this deployment accepts."""
    narrow: Contract = json.loads(json.dumps(contract))
    for name in ("Question", "BatchQuestion"):
        fields = narrow["components"]["schemas"][name]["properties"]
        filters = fields["filter"]["anyOf"][0]
        texts, numbers, _ = filters.pop("additionalProperties")["anyOf"]
        # The documents have no decks, so a question about one fails, and can be retried.
        filters |= {"properties": {"category": texts, "deck": numbers}}
        filters |= {"additionalProperties": False}
        # schemathesis would look for a call that makes such an id first, and never begin with a
        # question. Nor should it begin with a retry.
        del fields["previous_job_id"]
    (cursor,) = [
        each for each in narrow["paths"]["/jobs"]["get"]["parameters"] if each["name"] == "cursor"
    ]
    cursor["schema"] = {"enum": [CURSOR]}
    del narrow["paths"]["/jobs/{job_id}/retry"]["post"]["responses"]["202"]["links"]
    return narrow


class Run:
    """One run of schemathesis, and the responses in it."""

    def __init__(
        self, running: RunningStack, contract: Contract, folder: Path, *options: str
    ) -> None:
        api = running.stack.deployed
        (folder / "contract.json").write_text(json.dumps(narrowed(contract)))
        program = str(Path(sys.executable).with_name("schemathesis"))
        done = subprocess.run(
            [
                *(program, "--config-file", str(CONFIG), "run", "contract.json"),
                *("--url", api.api_url, "--header", f"x-api-key: {api.api_key}"),
                *(
                    "--seed",
                    str(SEED),
                    "--generation-database",
                    "none",
                    "--no-color",
                    "--no-shrink",
                ),
                *("--report", "har", "--report-har-path", "answers.har", *options),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=170 * TIMES,
            check=False,
        )
        self.passed = done.returncode == 0
        self.output = done.stdout + done.stderr
        self.answers = json.loads((folder / "answers.har").read_text())["log"]["entries"]
        self._base = api.api_url

    def statuses(self) -> dict[str, set[int]]:
        """Return every status that was answered, by operation."""
        found: dict[str, set[int]] = {}
        for path, methods in document()["paths"].items():
            shape = re.compile(re.sub(r"\{\w+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")))  # fmt: skip
            for method, operation in methods.items():
                found[operation["operationId"]] = {
                    answer["response"]["status"]
                    for answer in self.answers
                    if answer["request"]["method"] == method.upper()
                    and shape.fullmatch(answer["request"]["url"].removeprefix(self._base).partition("?")[0])
                }  # fmt: skip
        return found


def test_the_served_contract_is_the_one_of_the_code(contract: Contract) -> None:
    assert contract == document()


def test_the_contract_is_served_to_callers_only(running: RunningStack) -> None:
    assert running.call("GET", "/openapi.json", headers={"x-api-key": "wrong"}).status_code == 401


@pytest.mark.timeout(200 * TIMES)
def test_every_call_answers_as_documented(
    running: RunningStack, contract: Contract, tmp_path: Path
) -> None:
    run = Run(
        *(running, contract, tmp_path),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(8 * TIMES)),
    )
    assert run.passed, run.output
    for name, statuses in run.statuses().items():
        assert 401 in statuses, name
        assert statuses & {400, 422} or name in ("issue_ticket", "tell_contract"), name


@pytest.mark.timeout(200 * TIMES)
def test_linked_calls_answer_as_documented(
    running: RunningStack, contract: Contract, tmp_path: Path
) -> None:
    run = Run(
        *(running, contract, tmp_path), *("--phases", "stateful", "--max-examples", str(10 * TIMES))
    )
    assert run.passed, run.output
    found = run.statuses()
    assert 202 in found["submit_job"] & found["submit_batch"]
    # Which links are followed is drawn at random.
    assert 200 in found["get_job"] | found["get_batch"] | found["list_jobs"]
    assert (found["cancel_job"] | found["cancel_batch"] | found["retry_job"]) & {200, 202, 409}
