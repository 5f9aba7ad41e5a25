"""What can go wrong, by whose turn it is to act.

SluiceError
├── Rejected                the caller changes something and asks again
│   ├── InvalidRequest          a field, a header or the body is wrong
│   │   ├── InvalidJson
│   │   ├── InvalidId
│   │   ├── InvalidCursor
│   │   ├── UnsupportedFilter
│   │   └── KeyReused
│   ├── UnsupportedMediaType    the body is not application/json
│   ├── TooLarge                more than any question needs
│   ├── Unauthorized            no API key
│   ├── NotFound                no such job, or another caller's
│   │   └── BatchNotFound
│   ├── RouteNotFound           no such address
│   ├── TooManyOpenJobs         the caller has to wait for some of its jobs to end
│   └── Conflict                the job is not in a state that allows this
├── Transient               whoever was at work tries again
│   ├── Throttled               an upstream's quota; not the job's fault, so not counted
│   │   └── NotYet                  our own pace, before anything was asked
│   ├── Unavailable             an upstream's capacity, a time-out, a cut stream
│   ├── EmptyAnswer             the model said nothing
│   ├── OutOfTime               the function's time ended first
│   ├── StoreUnavailable        the table
│   └── QueueRefused            the queue took no message: the submission is undone
├── Fatal                   nobody can help: the job fails with this as its reason
│   ├── Misconfigured           access denied, no such model or index: the operator acts
│   ├── UpstreamRefused         an upstream calls the request invalid
│   ├── PromptTooLong           question and passages do not fit the model
│   ├── QuotaTooSmall           one call needs more than the whole quota
│   ├── ContentFiltered         a guardrail or the model's filter
│   ├── AttemptsExhausted       its workers died before they could say why
│   └── TooLate                 it waited too long
├── ConnectionGone          a watcher has gone away
└── LeaseRefused            the job cannot be taken now
    └── LeaseLost           it was ours, and is no longer

`type` is the stable, machine-readable name, `title` its words for people, `detail` this case.
"""

from typing import ClassVar


class SluiceError(Exception):
    """Anything this service raises on purpose.

    `detail` is one sentence for the person who reads it. `request_id` is the upstream's, for the
    operator's log; callers never see it.
    """

    type: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"
    #: Asking again later may help.
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, request_id: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.request_id = request_id


class Rejected(SluiceError):
    """The caller changes something and asks again."""

    type = "rejected"
    title = "The request was refused"


class InvalidRequest(Rejected):
    """A field, a header or the body is wrong. `errors` names each field and what to do."""

    type = "invalid-request"
    title = "The request is not valid"

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.errors = errors or []


class InvalidJson(InvalidRequest):
    """The body is not JSON."""

    type = "invalid-json"
    title = "The body is not valid JSON"


class InvalidId(InvalidRequest):
    """A job id that no job can have."""

    type = "invalid-id"
    title = "This is not a job id"


class InvalidCursor(InvalidRequest):
    """A list cursor that this service did not hand out."""

    type = "invalid-cursor"
    title = "This is not a cursor of this list"


class UnsupportedFilter(InvalidRequest):
    """A filter this deployment does not know, or a value of the wrong kind."""

    type = "unsupported-filter"
    title = "The filter is not supported"


class KeyReused(InvalidRequest):
    """An idempotency key that came with another request before."""

    type = "idempotency-key-reused"
    title = "The idempotency key was used for another request"


class UnsupportedMediaType(Rejected):
    """The body is not application/json."""

    type = "unsupported-media-type"
    title = "The body must be JSON"


class TooLarge(Rejected):
    """The message is larger than any question can be."""

    type = "too-large"
    title = "The request is too large"


class Unauthorized(Rejected):
    """No API key."""

    type = "unauthorized"
    title = "An API key is needed"


class NotFound(Rejected):
    """No such job, or another caller's: the two look the same."""

    type = "job-not-found"
    title = "There is no such job"


class BatchNotFound(NotFound):
    """No such batch, or another caller's: the two look the same."""

    type = "batch-not-found"
    title = "There is no such batch"


class TooManyOpenJobs(Rejected):
    """The caller has as many open jobs as it may. `retry_after` is in seconds."""

    type = "too-many-open-jobs"
    title = "Too many of your questions are still open"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class RouteNotFound(Rejected):
    """No such address in this API."""

    type = "route-not-found"
    title = "There is no such address"


class Conflict(Rejected):
    """The job is not in a state that allows this."""

    type = "conflict"
    title = "The job's state does not allow this"


class Transient(SluiceError):
    """The worker tries again, up to the job's number of attempts."""

    type = "upstream-failed"
    title = "A service we depend on failed"
    retryable = True


class Throttled(Transient):
    """A quota of the account was exceeded. Not the job's fault: not counted as an attempt."""

    type = "throttled"
    title = "The account's quota was exceeded"


class NotYet(Throttled):
    """The quota has room for the job only later than its worker can wait.

    `retry_after` is in seconds.
    """

    type = "not-yet"
    title = "The quota has no room for now"

    def __init__(self, *, retry_after: float) -> None:
        super().__init__("The quota has no room for now.")
        self.retry_after = retry_after


class Unavailable(Transient):
    """No capacity, a time-out, or a stream that was cut short."""

    type = "upstream-unavailable"
    title = "A service we depend on did not answer"


class EmptyAnswer(Transient):
    """The model ended its turn without a word."""

    type = "empty-answer"
    title = "The model gave an empty answer"


class ConnectionGone(SluiceError):
    """The client has gone away; not an error for anybody else."""


class OutOfTime(Transient):
    """The function's time ended before the answer did."""

    type = "out-of-time"
    title = "The answer took longer than one execution may"


class Fatal(SluiceError):
    """Nobody can help: the job fails with this as its reason."""

    type = "failed"
    title = "The question could not be answered"


class Misconfigured(Fatal):
    """Access denied, or a model or index that does not exist: the operator has to act."""

    type = "misconfigured"
    title = "The service is not set up correctly"


class UpstreamRefused(Fatal):
    """An upstream calls the request itself invalid; asking again would change nothing."""

    type = "upstream-refused"
    title = "A service we depend on refused the question"


class PromptTooLong(Fatal):
    """The question and its passages do not fit the model."""

    type = "prompt-too-long"
    title = "The question and its passages do not fit the model"


class QuotaTooSmall(Fatal):
    """One call needs more than the whole quota."""

    type = "quota-too-small"
    title = "The question needs more than the quota has"


class ContentFiltered(Fatal):
    """A guardrail or the model's own filter stopped the answer."""

    type = "content-filtered"
    title = "A content filter stopped the answer"


class AttemptsExhausted(Fatal):
    """Its workers died one after the other before they could say why."""

    type = "attempts-exhausted"
    title = "Every attempt at this question was cut short"
    retryable = True


class TooLate(Fatal):
    """The job waited so long that nobody can be waiting for it any more."""

    type = "too-late"
    title = "The question waited too long"
    retryable = True


class StoreUnavailable(Transient):
    """The table did not answer, or throttled for longer than we retry."""

    type = "store-unavailable"
    title = "The job store is not available"


class QueueRefused(Transient):
    """The queue took no message, so the job was taken back."""

    type = "queue-unavailable"
    title = "The question could not be queued"


class CancelRequested(SluiceError):
    """The job's caller wants it no more: whoever holds it ends it."""


class LeaseRefused(SluiceError):
    """The job cannot be taken now: finished, gone, or another worker's."""


class LeaseLost(LeaseRefused):
    """Another worker has the job, or it is finished: nothing of ours may be written."""
