"""Every call of the API: what it takes, and all that it may answer.

`tools.openapi.document` makes the document of it; the tests of the contract hold it against the
handlers, the template and real answers.
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

#: Headers of answers.
HEADERS: Mapping[str, tuple[str, Schema]] = {
    "Location": ("Where it is, relative to the API.", {"type": "string"}),
    "Retry-After": ("Seconds after which to look again.", {"type": "integer", "minimum": 0}),
    "ETag": ("For If-None-Match.", {"type": "string"}),
    "Cache-Control": ("How long it may be kept.", {"type": "string"}),
}

#: What API Gateway answers by itself, before a function is called or in place of one that did not
#: answer: the GatewayResponses of template.yaml. 404 is for paths with something to be filled in,
#: 413 for calls with a body.
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

_JOB_ID = Parameter("job_id", "path", "The id of a job of yours.", ID)
_BATCH_ID = Parameter("batch_id", "path", "The id of a batch of yours.", ID)
_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "The same key and body give the same answer, for 24 hours; with another body it is refused.",
    {"type": "string", "pattern": f"^(?:{IDEMPOTENCY_KEY.pattern})$"},
)
_PREFER = Parameter(
    "Prefer",
    "header",
    f"wait=N: answer with the finished job if it ends within N seconds, at most {LONGEST_WAIT}.",
    {"type": "string", "examples": [f"wait={LONGEST_WAIT}"]},
)
_STATUS: Schema = {"type": "string", "enum": list(Status)}
_LIST = (
    Parameter("status", "query", "Only jobs of this status.", _STATUS),
    Parameter("batch_id", "query", "Only jobs of this batch.", ID),
    Parameter(
        "limit",
        "query",
        "The most jobs of one page.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    ),
    Parameter("cursor", "query", "The next_cursor of the page before.", {"type": "string"}),
)
_WAIT = Parameter(
    "wait",
    "query",
    "Seconds to wait for the job to end or, with If-None-Match, to change.",
    {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
)
_IF_NONE_MATCH = Parameter(
    "If-None-Match", "header", "The ETag of what you have; 304 if it is so.", {"type": "string"}
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
_TO_COME = ("Location", "Retry-After")
_IN_BODY = (errors.InvalidJson, errors.UnsupportedMediaType, errors.KeyReused)
_NO_JOB = (errors.InvalidId, errors.NotFound)
_NO_BATCH = (errors.InvalidId, errors.BatchNotFound)

#: By method and path, as the handlers' routes.
OPERATIONS: Mapping[str, Operation] = {
    "POST /jobs": Operation(
        "submit_job",
        "Submit a question.",
        {
            202: Success("The job, accepted.", JobView, _TO_COME, links=_JOB_LINKS),
            200: Success("The job, which has ended.", JobView, ("Location",), links=_JOB_LINKS),
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
        "Your jobs, newest first.",
        {200: Success("A page of jobs.", JobList)},
        (errors.InvalidId, errors.InvalidCursor),
        _LIST,
    ),
    "GET /jobs/{job_id}": Operation(
        "get_job",
        "A job, also while it runs.",
        {
            200: Success("The job.", JobView, ("ETag",), ("Retry-After",), _JOB_LINKS),
            304: Success("The job is as you have it.", None, ("ETag",), ("Retry-After",)),
        },
        _NO_JOB,
        (_JOB_ID, _WAIT, _IF_NONE_MATCH),
    ),
    "POST /jobs/{job_id}/cancel": Operation(
        "cancel_job",
        "Want a job no more.",
        {
            200: Success("The job, cancelled.", JobView, ("Location",)),
            202: Success("The job, about to be stopped.", JobView, _TO_COME),
        },
        (*_NO_JOB, errors.Conflict),
        (_JOB_ID,),
    ),
    "POST /jobs/{job_id}/retry": Operation(
        "retry_job",
        "Ask a failed job's question again.",
        {
            202: Success("A new job.", JobView, _TO_COME, links=_JOB_LINKS),
            200: Success(
                "The new job of an earlier retry, which has ended.", JobView, ("Location",)
            ),
        },
        (*_NO_JOB, errors.Conflict, errors.TooManyOpenJobs, errors.QueueRefused),
        (_JOB_ID,),
    ),
    "POST /batches": Operation(
        "submit_batch",
        "Submit up to 100 questions, all or none.",
        {202: Success("The batch.", BatchView, ("Location",), ("Retry-After",), _BATCH_LINKS)},
        (*_IN_BODY, errors.TooLarge, errors.TooManyOpenJobs, errors.QueueRefused),
        (_KEY,),
        BatchRequest,
    ),
    "GET /batches/{batch_id}": Operation(
        "get_batch",
        "A batch: how many of its jobs are where.",
        {200: Success("The batch.", BatchView, ("Location",), ("Retry-After",), _BATCH_LINKS)},
        _NO_BATCH,
        (_BATCH_ID,),
    ),
    "POST /batches/{batch_id}/cancel": Operation(
        "cancel_batch",
        "Want none of a batch's jobs any more.",
        {
            200: Success("The batch; all its jobs have ended.", BatchView, ("Location",)),
            202: Success(
                "The batch; some of its jobs are about to be stopped.", BatchView, _TO_COME
            ),
        },
        (*_NO_BATCH, errors.Conflict),
        (_BATCH_ID,),
    ),
    "POST /tickets": Operation(
        "issue_ticket",
        "A ticket that opens one WebSocket connection.",
        {201: Success("The ticket.", Ticket)},
    ),
    "GET /openapi.json": Operation(
        "tell_contract",
        "This document.",
        {200: Success("An OpenAPI document.", Contract, ("Cache-Control",))},
        always=(errors.Unauthorized, errors.InvalidRequest, errors.SluiceError),
    ),
}
