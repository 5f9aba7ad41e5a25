"""Every call of the API: its parameters, its body and every response.

`tools.openapi.document` turns them into the document. The contract tests compare them with the
handlers, the template and real responses.
"""

from collections.abc import Mapping

from runtime.pages import DEFAULT_LIMIT, LARGEST_LIMIT, JobList
from runtime.preferences import IDEMPOTENCY_KEY, LONGEST_WAIT
from sluice import errors
from sluice.ids import JOB_ID
from sluice.job.batch import BatchRequest
from sluice.job.job import Status
from sluice.job.question import Question
from sluice.job.views import BatchView, JobView
from sluice.push.tickets import Ticket
from tools.openapi.operation import Contract, Link, Operation, Parameter, Schema, Success

ID: Schema = {"type": "string", "pattern": f"^{JOB_ID.pattern}$"}

#: Response headers: their descriptions and schemas.
HEADERS: Mapping[str, tuple[str, Schema]] = {
    "Location": ("The address, relative to the API.", {"type": "string"}),
    "Retry-After": ("Seconds to wait before the next request.", {"type": "integer", "minimum": 0}),
    "ETag": ("The value to send as If-None-Match.", {"type": "string"}),
    "Cache-Control": ("How long the response may be cached.", {"type": "string"}),
}

#: Problem types and titles of API Gateway's own responses, by status: the GatewayResponses of
#: template.yaml. 404 is for paths with a parameter, 413 for calls with a body.
GATEWAY: Mapping[int, Mapping[str, str]] = {
    401: {errors.Unauthorized.type: errors.Unauthorized.title},
    403: {errors.Rejected.type: errors.Rejected.title},
    404: {errors.RouteNotFound.type: errors.RouteNotFound.title},
    413: {errors.TooLarge.type: errors.TooLarge.title},
    429: {"too-many-requests": "Too many requests"},
    500: {errors.SluiceError.type: errors.SluiceError.title},
    502: {errors.SluiceError.type: errors.SluiceError.title},
    504: {errors.SluiceError.type: errors.SluiceError.title},
}

_JOB_ID = Parameter("job_id", "path", "The id of one of your jobs.", ID)
_BATCH_ID = Parameter("batch_id", "path", "The id of one of your batches.", ID)
_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "For 24 hours, the same key and body return the same job or batch; another body is refused.",
    {"type": "string", "pattern": f"^(?:{IDEMPOTENCY_KEY.pattern})$"},
)
_PREFER = Parameter(
    "Prefer",
    "header",
    f"wait=N: return the finished job if it ends within N seconds, at most {LONGEST_WAIT}.",
    {"type": "string", "examples": [f"wait={LONGEST_WAIT}"]},
)
_STATUS: Schema = {"type": "string", "enum": list(Status)}
_LIST = (
    Parameter("status", "query", "Return only jobs with this status.", _STATUS),
    Parameter("batch_id", "query", "Return only jobs of this batch.", ID),
    Parameter(
        "limit",
        "query",
        "The maximum number of jobs on a page.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    ),
    Parameter("cursor", "query", "The next_cursor of the previous page.", {"type": "string"}),
)
_WAIT = Parameter(
    "wait",
    "query",
    "Seconds to wait for the job to end or, with If-None-Match, to change.",
    {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
)
_IF_NONE_MATCH = Parameter(
    "If-None-Match", "header", "The ETag of your copy; 304 if it is current.", {"type": "string"}
)

_OF_JOB = {"job_id": "$response.body#/id"}
_OF_BATCH = {"batch_id": "$response.body#/id"}
_JOB_LINKS = (
    Link("GET /jobs/{job_id}", _OF_JOB),
    Link("POST /jobs/{job_id}/cancel", _OF_JOB),
    Link("POST /jobs/{job_id}/retry", _OF_JOB),
)
_BATCH_LINKS = (
    Link("GET /batches/{batch_id}", _OF_BATCH),
    Link("POST /batches/{batch_id}/cancel", _OF_BATCH),
    Link("GET /jobs", _OF_BATCH),
)
_UNFINISHED = ("Location", "Retry-After")
_IN_BODY = (errors.InvalidJson, errors.UnsupportedMediaType, errors.KeyReused)
_NO_JOB = (errors.InvalidId, errors.NotFound)
_NO_BATCH = (errors.InvalidId, errors.BatchNotFound)

#: By method and path, like the handlers' routes.
OPERATIONS: Mapping[str, Operation] = {
    "POST /jobs": Operation(
        "submit_job",
        "Submit a question.",
        {
            202: Success("The accepted job.", JobView, _UNFINISHED, links=_JOB_LINKS),
            200: Success("The finished job.", JobView, ("Location",), links=_JOB_LINKS),
        },
        (
            *_IN_BODY,
            errors.UnsupportedFilter,
            errors.NotFound,
            errors.Conflict,
            errors.TooManyOpenJobs,
            errors.QueueRefused,
        ),
        (_KEY, _PREFER),
        Question,
    ),
    "GET /jobs": Operation(
        "list_jobs",
        "List your jobs, newest first.",
        {200: Success("A page of jobs.", JobList)},
        (errors.InvalidId, errors.InvalidCursor),
        _LIST,
    ),
    "GET /jobs/{job_id}": Operation(
        "get_job",
        "Get a job, finished or not.",
        {
            200: Success("The job.", JobView, ("ETag",), ("Retry-After",), _JOB_LINKS),
            304: Success("Your copy of the job is current.", None, ("ETag",), ("Retry-After",)),
        },
        _NO_JOB,
        (_JOB_ID, _WAIT, _IF_NONE_MATCH),
    ),
    "POST /jobs/{job_id}/cancel": Operation(
        "cancel_job",
        "Cancel a job.",
        {
            200: Success("The cancelled job.", JobView, ("Location",)),
            202: Success("The job; its worker is about to stop.", JobView, _UNFINISHED),
        },
        (*_NO_JOB, errors.Conflict),
        (_JOB_ID,),
    ),
    "POST /jobs/{job_id}/retry": Operation(
        "retry_job",
        "Ask a failed job's question again.",
        {
            202: Success("A new job.", JobView, _UNFINISHED, links=_JOB_LINKS),
            200: Success("The finished job of an earlier retry.", JobView, ("Location",)),
        },
        (*_NO_JOB, errors.Conflict, errors.TooManyOpenJobs, errors.QueueRefused),
        (_JOB_ID,),
    ),
    "POST /batches": Operation(
        "submit_batch",
        "Submit up to 100 questions: all are accepted or none.",
        {202: Success("The batch.", BatchView, ("Location",), ("Retry-After",), _BATCH_LINKS)},
        (*_IN_BODY, errors.TooLarge, errors.TooManyOpenJobs, errors.QueueRefused),
        (_KEY,),
        BatchRequest,
    ),
    "GET /batches/{batch_id}": Operation(
        "get_batch",
        "Get a batch, with its jobs counted by status.",
        {200: Success("The batch.", BatchView, ("Location",), ("Retry-After",), _BATCH_LINKS)},
        _NO_BATCH,
        (_BATCH_ID,),
    ),
    "POST /batches/{batch_id}/cancel": Operation(
        "cancel_batch",
        "Cancel all jobs of a batch.",
        {
            200: Success("The batch; all its jobs are finished.", BatchView, ("Location",)),
            202: Success(
                "The batch; some of its workers are about to stop.", BatchView, _UNFINISHED
            ),
        },
        (*_NO_BATCH, errors.Conflict),
        (_BATCH_ID,),
    ),
    "POST /tickets": Operation(
        "issue_ticket",
        "Get a ticket that opens one WebSocket connection.",
        {201: Success("The ticket.", Ticket)},
    ),
    "GET /openapi.json": Operation(
        "tell_contract",
        "Get this document.",
        {200: Success("An OpenAPI document.", Contract, ("Cache-Control",))},
        always=(errors.Unauthorized, errors.InvalidRequest, errors.SluiceError),
    ),
}
