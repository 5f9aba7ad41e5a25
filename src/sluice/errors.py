"""Everything that can go wrong, grouped by who can act.

SluiceError
├── Rejected                the caller changes something and asks again
│   ├── InvalidRequest          a field, a header or the body is wrong
│   │   ├── InvalidJson             the body is not JSON
│   │   ├── InvalidId               not the form of an id
│   │   ├── InvalidCursor           not a cursor of this service
│   │   ├── UnsupportedFilter       an unknown filter, or a value of the wrong type
│   │   └── KeyReused               the idempotency key belongs to another request
│   ├── UnsupportedMediaType    the body is not application/json
│   ├── TooLarge                more than a request may contain
│   ├── Unauthorized            no API key
│   ├── NotFound                the job does not exist, or belongs to another caller
│   │   └── BatchNotFound           the same for a batch
│   ├── RouteNotFound           the method and path name no route
│   ├── TooManyOpenJobs         the caller waits for some of its jobs to end
│   └── Conflict                the status of the job does not allow this
├── Transient               the worker tries again
│   ├── Throttled               a quota of the account is exceeded; not counted as an attempt
│   │   └── NotYet                  our own pace: nothing was asked of the upstream
│   ├── Unavailable             no capacity, a timeout, or a cut stream
│   ├── EmptyAnswer             the model returned no text
│   ├── OutOfTime               the function reached its time limit
│   ├── StoreUnavailable        the table did not respond
│   └── QueueRefused            the queue accepted no message
├── Fatal                   nobody can help: the job fails with this reason
│   ├── Misconfigured           access denied, or an unknown model or index: the operator acts
│   ├── UpstreamRefused         an upstream rejects the request as invalid
│   ├── PromptTooLong           the question and its passages do not fit the model
│   ├── QuotaTooSmall           one call needs more than the whole quota
│   ├── ContentFiltered         a guardrail or the model's own filter
│   ├── AttemptsExhausted       all workers of the job were killed
│   └── TooLate                 the job waited too long
├── CancelRequested         the caller cancelled the job: whoever holds it ends it
├── ConnectionGone          a watcher has disconnected
└── LeaseRefused            the job cannot be leased now
    └── LeaseLost               the lease is no longer ours

`type` is a stable name for programs, and `title` is the same in words for people.
`detail` describes the single case.
The classes below are in the order of the tree.
"""

from typing import ClassVar


class SluiceError(Exception):
    """Any error that this service raises on purpose.

    `detail` is a sentence or two for the person who reads it.
    `request_id` is the upstream's id of the failed call. It is logged and never shown to callers.
    """

    type: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"
    #: Whether asking again later may help.
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
    """The id of a job or a batch does not have the form of one."""

    type = "invalid-id"
    title = "The id is not valid"


class InvalidCursor(InvalidRequest):
    """The cursor of a list does not come from this service."""

    type = "invalid-cursor"
    title = "The cursor is not valid"


class UnsupportedFilter(InvalidRequest):
    """The deployment does not have this filter, or the value has the wrong type."""

    type = "unsupported-filter"
    title = "The filter is not supported"


class KeyReused(InvalidRequest):
    """The idempotency key was used with another request before."""

    type = "idempotency-key-reused"
    title = "The idempotency key was used for another request"


class UnsupportedMediaType(Rejected):
    """The body is not application/json."""

    type = "unsupported-media-type"
    title = "The body must be JSON"


class TooLarge(Rejected):
    """The request or message contains more than one may."""

    type = "too-large"
    title = "The request is too large"


class Unauthorized(Rejected):
    """The request has no API key. API Gateway checks that a key is valid."""

    type = "unauthorized"
    title = "A valid API key is required"


class NotFound(Rejected):
    """The job does not exist, or belongs to another caller. The two look the same."""

    type = "job-not-found"
    title = "Job not found"


class BatchNotFound(NotFound):
    """The batch does not exist, or belongs to another caller. The two look the same."""

    type = "batch-not-found"
    title = "Batch not found"


class RouteNotFound(Rejected):
    """The API has no route with this method and path."""

    type = "route-not-found"
    title = "Unknown route"


class TooManyOpenJobs(Rejected):
    """The caller has reached its limit of open jobs. `retry_after` is in seconds."""

    type = "too-many-open-jobs"
    title = "Too many open jobs"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Conflict(Rejected):
    """The status of the job does not allow this."""

    type = "conflict"
    title = "The job's status does not allow this"


class Transient(SluiceError):
    """The worker tries again, up to the maximum number of attempts."""

    type = "upstream-failed"
    title = "A service we depend on failed"
    retryable = True


class Throttled(Transient):
    """A quota of the account was exceeded. The job did not cause it: no attempt is counted."""

    type = "throttled"
    title = "The account's quota was exceeded"


class NotYet(Throttled):
    """The quota has capacity for the job only after its worker must stop waiting.

    `retry_after` is in seconds.
    """

    type = "not-yet"
    title = "The quota is used up for now"

    def __init__(self, *, retry_after: float) -> None:
        super().__init__("The quota is used up for now.")
        self.retry_after = retry_after


class Unavailable(Transient):
    """An upstream has no capacity, timed out, or cut its stream short."""

    type = "upstream-unavailable"
    title = "A service we depend on did not respond"


class EmptyAnswer(Transient):
    """The model ended without returning any text."""

    type = "empty-answer"
    title = "The model returned an empty answer"


class OutOfTime(Transient):
    """The function reached its time limit before the answer was complete."""

    type = "out-of-time"
    title = "The answer took longer than the function may run"


class StoreUnavailable(Transient):
    """The table did not respond, or throttled for longer than we retry."""

    type = "store-unavailable"
    title = "The job store is not available"


class QueueRefused(Transient):
    """The queue did not accept the message. The submission removes its job again."""

    type = "queue-unavailable"
    title = "The question could not be queued"


class Fatal(SluiceError):
    """Nobody can help: the job fails with this reason."""

    type = "failed"
    title = "The question could not be answered"


class Misconfigured(Fatal):
    """Access is denied, or the model or index does not exist. The operator has to act."""

    type = "misconfigured"
    title = "The service is not set up correctly"


class UpstreamRefused(Fatal):
    """An upstream rejects the request as invalid. Asking again would change nothing."""

    type = "upstream-refused"
    title = "A service we depend on refused the question"


class PromptTooLong(Fatal):
    """The question and its passages do not fit the model."""

    type = "prompt-too-long"
    title = "The question and its passages do not fit the model"


class QuotaTooSmall(Fatal):
    """One call needs more than the whole quota."""

    type = "quota-too-small"
    title = "The question needs more than the whole quota"


class ContentFiltered(Fatal):
    """A guardrail or the model's own filter stopped the answer."""

    type = "content-filtered"
    title = "A content filter stopped the answer"


class AttemptsExhausted(Fatal):
    """Every worker that held the job was killed before it could report a reason."""

    type = "attempts-exhausted"
    title = "Every attempt to answer was interrupted"
    retryable = True


class TooLate(Fatal):
    """The job waited so long that nobody can be expecting its answer any more."""

    type = "too-late"
    title = "The question waited too long"
    retryable = True


class CancelRequested(SluiceError):
    """The caller cancelled the job. Whoever holds the job ends it."""


class ConnectionGone(SluiceError):
    """A client has disconnected. This is an error for nobody else."""


class LeaseRefused(SluiceError):
    """The job cannot be leased now: it has ended, does not exist, or another worker holds it."""


class LeaseLost(LeaseRefused):
    """Another worker holds the job, or it has ended. We may no longer write to it."""
