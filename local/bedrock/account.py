"""One model's quotas in an AWS account, and what a call holds of them.

Source: the Bedrock user guide, "How tokens are counted": at the start input + `maxTokens` is
reserved; at the end input + output x the model's burndown rate is charged.
"""

from local.bedrock.refusal import Refusal
from local.bedrock.spending import Spending
from local.bedrock.tokens import Usage
from local.conditions import Quotas
from local.quota import DAY, MINUTE, Clock, Quota, Reservation, shaped

#: In Bedrock's words.
TOO_MANY_TOKENS = "Too many tokens, please wait before trying again."
TOO_MANY_TOKENS_TODAY = "Too many tokens per day, please wait before trying again."
TOO_MANY_REQUESTS = "Too many requests, please wait before trying again."


class Account:
    """The quotas of one model id, and what was spent of them."""

    def __init__(self, quotas: Quotas, clock: Clock) -> None:
        self.burndown = quotas.burndown
        self.spending = Spending(clock)
        # The one that keeps a caller waiting longest speaks first.
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

    def reserve(self, input_tokens: int, max_tokens: int) -> "Hold":
        """Take what a call needs at its start. Raises Refusal (ThrottlingException)."""
        tokens = input_tokens + max_tokens
        taken: list[tuple[Quota, Reservation]] = []
        for message, quota in self._tokens:
            if (reservation := quota.reserve(tokens)) is None:
                raise _throttled(taken, message)
            taken.append((quota, reservation))
        if self._requests and self._requests.reserve(1) is None:
            raise _throttled(taken, TOO_MANY_REQUESTS)
        return Hold(self, tokens, taken)


class Hold:
    """What one call holds until it ends; its one request it keeps."""

    def __init__(
        self, account: Account, tokens: int, taken: list[tuple[Quota, Reservation]]
    ) -> None:
        self._account = account
        self._tokens = tokens
        self._taken = taken
        self._since = account.spending.reserve(tokens)

    def settle(self, usage: Usage) -> None:
        """Charge what the call used, and give the rest back; once."""
        charged = usage.input_tokens + usage.output_tokens * self._account.burndown
        for quota, reservation in self._taken:
            quota.settle(reservation, charged)
        spending = self._account.spending
        spending.settle(self._since, self._tokens, charged)
        spending.input_tokens += usage.input_tokens
        spending.output_tokens += usage.output_tokens


def _throttled(taken: list[tuple[Quota, Reservation]], message: str) -> Refusal:
    """Give back what was taken, and make the refusal."""
    for quota, reservation in taken:
        quota.settle(reservation, 0)
    return Refusal("ThrottlingException", message)
