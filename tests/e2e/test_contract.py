"""schemathesis calls the running API in every way its contract allows, and in many it does not."""

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

from tests.e2e.site import Site
from tools.openapi.document import document

CONFIG = Path(__file__).with_name("contract.toml")
#: `make fuzz` sets it, for so many times the examples.
TIMES = int(os.environ.get("SLUICE_FUZZ", "1"))
#: The same calls in every `make test`; a failure tells the seed.
SEED = 1 if TIMES == 1 else secrets.randbelow(2**32)

#: One that every list takes: it goes on after the latest job there could be.
CURSOR = urlsafe_b64encode(b"ffffffff-ffff-7fff-bfff-ffffffffffff").decode()

Contract = dict[str, Any]


@pytest.fixture(scope="module")
def contract(site: Site) -> Contract:
    found: Contract = site.call("GET", "/openapi.json").json()
    return found


def narrowed(contract: Contract) -> Contract:
    """The contract for questions that this deployment takes: whatever it allows was allowed."""
    narrow: Contract = json.loads(json.dumps(contract))
    for name in ("Question", "BatchQuestion"):
        fields = narrow["components"]["schemas"][name]["properties"]
        filters = fields["filter"]["anyOf"][0]
        texts, numbers, _ = filters.pop("additionalProperties")["anyOf"]
        # The documents have no decks, so these questions fail, and can be tried again.
        filters |= {"properties": {"category": texts, "deck": numbers}}
        filters |= {"additionalProperties": False}
        # schemathesis would take it for the id of something that no call makes, and so never
        # begin with a question. Nor should it begin with a retry.
        del fields["previous_job_id"]
    (cursor,) = [
        each for each in narrow["paths"]["/jobs"]["get"]["parameters"] if each["name"] == "cursor"
    ]
    cursor["schema"] = {"enum": [CURSOR]}
    del narrow["paths"]["/jobs/{job_id}/retry"]["post"]["responses"]["202"]["links"]
    return narrow


class Run:
    """One run of schemathesis, and what was answered in it."""

    def __init__(self, site: Site, contract: Contract, folder: Path, *options: str) -> None:
        api = site.stack.deployed
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
        self.told = done.stdout + done.stderr
        self.answers = json.loads((folder / "answers.har").read_text())["log"]["entries"]
        self._base = api.api_url

    def statuses(self) -> dict[str, set[int]]:
        """By operation, every status that was answered."""
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


def test_the_contract_that_is_told_is_that_of_the_code(contract: Contract) -> None:
    assert contract == document()


def test_the_contract_is_told_to_callers_only(site: Site) -> None:
    assert site.call("GET", "/openapi.json", headers={"x-api-key": "wrong"}).status_code == 401


@pytest.mark.timeout(200 * TIMES)
def test_every_call_answers_as_the_contract_says(
    site: Site, contract: Contract, tmp_path: Path
) -> None:
    run = Run(
        *(site, contract, tmp_path),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(8 * TIMES)),
    )
    assert run.passed, run.told
    for name, statuses in run.statuses().items():
        assert 401 in statuses, name
        assert statuses & {400, 422} or name in ("issue_ticket", "tell_contract"), name


@pytest.mark.timeout(200 * TIMES)
def test_calls_that_follow_from_others_answer_as_the_contract_says(
    site: Site, contract: Contract, tmp_path: Path
) -> None:
    run = Run(
        *(site, contract, tmp_path), *("--phases", "stateful", "--max-examples", str(10 * TIMES))
    )
    assert run.passed, run.told
    found = run.statuses()
    assert 202 in found["submit_job"] & found["submit_batch"]
    # Which links are followed is drawn at random.
    assert 200 in found["get_job"] | found["get_batch"] | found["list_jobs"]
    assert (found["cancel_job"] | found["cancel_batch"] | found["retry_job"]) & {200, 202, 409}
