"""The running stack is reached from this machine alone."""

import importlib.util
import sys

import pytest

from tests.e2e.listening import is_loopback, listeners_of_descendants
from tests.e2e.site import Site


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_every_process_of_the_stack_listens_on_loopback_only(site: Site) -> None:
    # MiniStack opens a port of MQTT on all addresses where it can import this.
    assert importlib.util.find_spec("cryptography")
    assert site.call("GET", "/jobs").status_code == 200  # a function's process is up as well
    found = listeners_of_descendants()
    ports = {port for _, port in found}
    assert {site.stack.ministack.port, int(site.stack.upstreams.url.rpartition(":")[2])} <= ports
    assert [listener for listener in found if not is_loopback(listener)] == []
