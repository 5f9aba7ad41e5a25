"""Counters of the Bedrock stand-in."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class BedrockStats:
    """Counters since the start or the last reset. For one event loop."""

    calls: Counter[str] = field(default_factory=Counter)
    #: By Bedrock's exception name, including errors sent as an event of a stream.
    errors: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    #: Tokens sent, also of answers that were not completed.
    output_tokens: int = 0
    #: Streams whose client disconnected early.
    cancelled_streams: int = 0

    def reset(self) -> None:
        """Set the counters to zero. Calls under way go on counting."""
        vars(self).update(vars(BedrockStats()))

    def as_dict(self) -> dict[str, object]:
        """Return the counters, ready for JSON: calls and errors in total and by name."""
        return {
            "calls": self.calls.total(),
            "calls_by_operation": dict(self.calls),
            "errors": self.errors.total(),
            "errors_by_type": dict(self.errors),
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cancelled_streams": self.cancelled_streams,
        }
