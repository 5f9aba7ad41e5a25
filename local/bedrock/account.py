"""The quotas of one model in an AWS account, and what a call reserves of them.

Source: the Bedrock user guide, "How tokens are counted".
A call reserves input + `maxTokens` at its start.
At its end it is charged input + output x the model's burndown rate.
"""

from local.bedrock.errors import ServiceError
from local.bedrock.metering import TokenMeter
from local.bedrock.tokens import Usage
from local.conditions import Quotas
from local.quota import DAY, MINUTE, Clock, Quota, Reservation, shaped

#: Bedrock's own messages.
TOO_MANY_TOKENS = "Too many tokens, please wait before trying again."
TOO_MANY_TOKENS_TODAY = "Too many tokens per day, please wait before trying again."
TOO_MANY_REQUESTS = "Too many requests, please wait before trying again."


class Account:
    """The quotas of one model id, and a meter of the tokens used."""

    def __init__(self, quotas: Quotas, clock: Clock) -> None:
        self.burndown = quotas.burndown
        self.meter = TokenMeter(clock)
        # The day comes first: of two exhausted quotas, the longer wait is reported.
        limits = (
            (TOO_MANY_TOKENS_TODAY, quotas.day, DAY),
            (TOO_MANY_TOKENS, quotas.tokens, MINUTE),
        )
        self._tokens: list[tuple[str, Quota]] = [
            (message, shaped(quotas.shape, units, seconds, clock))
            for message, units, seconds in limits
            if units
        ]
        most = quotas.requests
        self._requests = shaped(quotas.shape, most, MINUTE, clock) if most else None

    def reserve(self, input_tokens: int, max_tokens: int) -> "CallReservation":
        """Reserve what a call needs at its start. Raises ServiceError (ThrottlingException)."""
        tokens = input_tokens + max_tokens
        taken: list[tuple[Quota, Reservation]] = []
        for message, quota in self._tokens:
            if (reservation := quota.reserve(tokens)) is None:
                raise _throttled(taken, message)
            taken.append((quota, reservation))
        if self._requests and self._requests.reserve(1) is None:
            raise _throttled(taken, TOO_MANY_REQUESTS)
        return CallReservation(self, tokens, taken)


class CallReservation:
    """The tokens that one call reserves until it ends. Its request is not given back."""

    def __init__(
        self, account: Account, tokens: int, taken: list[tuple[Quota, Reservation]]
    ) -> None:
        self._account = account
        self._tokens = tokens
        self._taken = taken
        self._since = account.meter.reserve(tokens)

    def settle(self, usage: Usage) -> None:
        """Charge what the call used and give the rest back. Call it once."""
        charged = usage.input_tokens + usage.output_tokens * self._account.burndown
        for quota, reservation in self._taken:
            quota.settle(reservation, charged)
        meter = self._account.meter
        meter.settle(self._since, self._tokens, charged)
        meter.input_tokens += usage.input_tokens
        meter.output_tokens += usage.output_tokens


def _throttled(taken: list[tuple[Quota, Reservation]], message: str) -> ServiceError:
    """Give back what was taken, and return the error."""
    for quota, reservation in taken:
        quota.settle(reservation, 0)
    return ServiceError("ThrottlingException", message)
