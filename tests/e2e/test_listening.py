"""Only this machine can reach the running stack."""

import importlib.util
import sys

import pytest

from tests.e2e.listening import is_loopback, listeners_of_descendants
from tests.e2e.running_stack import RunningStack


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_every_process_of_the_stack_listens_on_loopback_only(running: RunningStack) -> None:
    # Where this can be imported, MiniStack would open an MQTT port on all addresses.
    assert importlib.util.find_spec("cryptography")
    assert running.call("GET", "/jobs").status_code == 200  # now a function's process runs too
    found = listeners_of_descendants()
    ports = {port for _, port in found}
    assert {
        running.stack.ministack.port,
        int(running.stack.upstreams.url.rpartition(":")[2]),
    } <= ports
    assert [listener for listener in found if not is_loopback(listener)] == []
