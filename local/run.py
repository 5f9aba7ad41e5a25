"""`make run`: run the stack until Ctrl-C."""

import signal
import threading

from local.endpoints import EndpointsFile
from local.stack import Stack, StackOptions


def run(options: StackOptions) -> int:
    """Run the stack until SIGINT, SIGTERM or SIGHUP; return 1 if a part of it failed."""
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked_to_end.set())
    endpoints = EndpointsFile(options.state / "endpoints.json")
    print("Starting Sluice ...", flush=True)
    with Stack(options, _say) as stack:
        endpoints.write(stack.endpoints() | stack.aws())
        try:
            _greet(stack)
            while not asked_to_end.wait(0.5):
                if stack.has_failed():
                    _say(
                        f"A process of the stack ended unexpectedly. The log is in {options.state}."
                    )
                    return 1
        finally:
            endpoints.remove()
            _say("Stopping ...")
    return 0


def _greet(stack: Stack) -> None:
    _say(
        f"""
Sluice is ready.

  page      {stack.page_url}
  API       {stack.deployed.api_url}
  API key   {stack.deployed.api_key}   (in the header x-api-key)
  ask       .venv/bin/sluice ask "Your question?"

Changes in src/ and in the documents take effect when you save. Ctrl-C stops Sluice."""
    )


def _say(line: str) -> None:
    print(line, flush=True)
