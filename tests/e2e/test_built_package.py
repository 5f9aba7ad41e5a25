"""The package as it is built, trimmed and compiled: the real handlers, with nothing else installed.

It is built for this machine from the packages that are installed here, which are those of the lock.
"""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running_stack import RunningStack
from tests.integration.handlers import an_event
from tools import build_package
from tools.trim import trim

#: What Lambda does with the package, in a process that finds only it and the standard library.
_LAMBDA = """\
import importlib, json, sys
class Context:
    def get_remaining_time_in_millis(self):
        return 60_000
handler, event = sys.argv[1], json.load(sys.stdin)
module, _, name = handler.rpartition(".")
answer = getattr(importlib.import_module(module), name)(event, Context())
json.dump({"answer": answer, "modules": {n: m.__file__ for n, m in sys.modules.items()
           if getattr(m, "__file__", None)}}, sys.stderr)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dependencies = tmp_path_factory.mktemp("dependencies")
    for name in re.findall(
        r"^([a-z0-9-]+)==", build_package.REQUIREMENTS.read_text(), re.MULTILINE
    ):
        for file in importlib.metadata.files(name) or []:
            target = dependencies / file
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), target)
    trim(dependencies)
    build_package.replace_by_bytecode(dependencies, Path(sys.executable))
    folder = tmp_path_factory.mktemp("package")
    build_package.assemble(folder, dependencies, Path(sys.executable))
    return folder


class Functions:
    """The package's three functions on the stack's services, with a queue of their own."""

    def __init__(self, package: Path, running: RunningStack) -> None:
        self._package = package
        stack = running.stack
        self.sqs = running.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="built-package")["QueueUrl"]
        self._environment = {
            "PYTHONPATH": str(package),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ENDPOINT_URL": stack.ministack.url,
            **stack.upstreams.variables(),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "TABLE_NAME": stack.deployed.outputs["TableName"],
            "QUEUE_URL": self.queue_url,
            "BULK_QUEUE_URL": stack.deployed.outputs["BulkQueueUrl"],
            "DEAD_LETTER_QUEUE_URL": stack.deployed.outputs["DeadLetterQueueUrl"],
            "KENDRA_INDEX_ID": "10ca1000-0000-4000-8000-000000000000",
            "MODEL_ID": "sluice.stand-in-v1:0",
        }

    def call(self, handler: str, event: dict[str, Any]) -> dict[str, Any]:
        """Return the handler's answer; fail if a module came from outside the package."""
        ran = subprocess.run(
            [sys.executable, "-s", "-S", "-c", _LAMBDA, handler],
            env=self._environment,
            input=json.dumps(event),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
        printed = json.loads(ran.stderr.splitlines()[-1])
        assert not [path for path in printed["modules"].values() if "site-packages" in path]
        answer: dict[str, Any] = printed["answer"]
        return answer

    def work(self) -> dict[str, Any]:
        """Call the worker with the messages in the queue."""
        received = self.sqs.receive_message(
            QueueUrl=self.queue_url, AttributeNames=["All"], WaitTimeSeconds=5
        )["Messages"]
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:built-package",
            }
            for message in received
        ]
        return self.call("worker.app.handler", {"Records": records})


@pytest.fixture(scope="module")
def functions(package: Path, running: RunningStack) -> Functions:
    return Functions(package, running)


@pytest.mark.e2e
def test_the_built_functions_need_nothing_but_their_package(
    functions: Functions,
) -> None:
    question = json.dumps({"question": "How many days of vacation do employees get?"})
    submitted = functions.call("submit.app.handler", an_event("submit_job", body=question))
    assert submitted["statusCode"] == 202, submitted["body"]
    job_id = json.loads(submitted["body"])["id"]
    assert functions.work() == {"batchItemFailures": []}
    asked = an_event("get_job", pathParameters={"job_id": job_id}, queryStringParameters=None)
    job = json.loads(functions.call("status.app.handler", asked)["body"])
    assert job["status"] == "completed", job
    assert job["sources"]


@pytest.mark.e2e
def test_the_built_functions_refuse_with_a_problem(functions: Functions) -> None:
    refused = functions.call("submit.app.handler", an_event("submit_job", body="{"))
    assert refused["statusCode"] == 400
    assert json.loads(refused["body"])["type"] == "invalid-json"


@pytest.mark.e2e
def test_a_package_holds_our_sources_and_the_packages_bytecode(package: Path) -> None:
    ours = {path.name for path in build_package.SOURCE.iterdir() if path.is_dir()}
    sources = {path.relative_to(package).parts[0] for path in package.rglob("*.py")}
    assert sources == ours - {"__pycache__"}
    assert not list(package.glob("requirements.*"))
    assert not list(package.glob("*.dist-info"))
    assert (package / "sluice" / "answering" / "prompts" / "answer.txt").is_file()
    assert (package / "adapters" / "sqs.py").is_file()
    assert not (package / "adapters" / "memory").exists()


@pytest.mark.e2e
def test_bytecode_is_never_checked_and_names_lambdas_paths(package: Path) -> None:
    (bytecode,) = (package / "submit" / "__pycache__").glob("app.*.pyc")
    content = bytecode.read_bytes()
    # PEP 552: bit 0 says that the file carries a hash, bit 1 that it is to be checked.
    assert int.from_bytes(content[4:8], "little") == 0b01
    assert b"/var/task/submit/app.py" in content
