"""What went through the Bedrock stand-in since it started."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class BedrockStats:
    """Counters; they are read and written on one event loop, so they need no lock."""

    calls: Counter[str] = field(default_factory=Counter)
    #: By Bedrock's exception name, those sent as an event inside a stream included.
    errors: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    #: Those sent, whether or not the answer came to its end.
    output_tokens: int = 0
    #: Streams whose client went away before their end.
    cancelled_streams: int = 0

    def reset(self) -> None:
        """Count anew; calls under way count on in the new counters."""
        vars(self).update(vars(BedrockStats()))

    def as_dict(self) -> dict[str, object]:
        """Return the counters as JSON can hold them: calls and errors in total and by name."""
        return {
            "calls": self.calls.total(),
            "calls_by_operation": dict(self.calls),
            "errors": self.errors.total(),
            "errors_by_type": dict(self.errors),
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cancelled_streams": self.cancelled_streams,
        }
