"""Translates errors of AWS into ours.

The codes are those of the service models in botocore.
In an event stream their first letter is in lower case.
Callers read our sentences, which name no index, model, role or account.
The operator's log has the cause of the exception, which does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.eventstream import ParserError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from sluice.errors import (
    Fatal,
    Misconfigured,
    PromptTooLong,
    QueueRefused,
    StoreUnavailable,
    Throttled,
    Transient,
    Unavailable,
    UpstreamRefused,
)

_Kind = type[Transient] | type[Fatal]

_KINDS: dict[str, _Kind] = {
    "throttlingexception": Throttled,
    "toomanyrequestsexception": Throttled,
    "servicequotaexceededexception": Throttled,
    "accessdeniedexception": Misconfigured,
    "unrecognizedclientexception": Misconfigured,
    "expiredtokenexception": Misconfigured,
    "invalidsignatureexception": Misconfigured,
    "resourcenotfoundexception": Misconfigured,
    "validationexception": UpstreamRefused,
    "modelerrorexception": Unavailable,
    "modelnotreadyexception": Unavailable,
    "modelstreamerrorexception": Unavailable,
    "modeltimeoutexception": Unavailable,
    "internalserverexception": Unavailable,
    "serviceunavailableexception": Unavailable,
    "conflictexception": Unavailable,
}

_SENTENCES: dict[_Kind, str] = {
    Throttled: "{} has reached its quota.",
    Misconfigured: "{} denied access, or the configured model or index does not exist.",
    UpstreamRefused: "{} rejected the request as invalid.",
    PromptTooLong: "The question and its passages are too long for {}.",
    Unavailable: "{} did not respond.",
}

#: Errors of botocore's parsers and of ours if a response does not have its documented form.
_UNREADABLE = (
    ResponseParserError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


#: All that a call of boto3 fails with: AWS refuses, nobody answers, or the answer is unreadable.
#: botocore has no common base for them.
CALL_FAILED = (BotoCoreError, HTTPClientError, ClientError, ResponseParserError)


@contextmanager
def upstream(name: str) -> Iterator[None]:
    """Raise every error of an upstream as Transient or Fatal. `name` is its name for people."""
    try:
        yield
    except ClientError as error:
        raise _of_client_error(name, error) from error
    except (ParamValidationError, NoCredentialsError) as error:
        # The SDK itself refuses the call: an id has the wrong form, or there are no credentials.
        raise Misconfigured(_SENTENCES[Misconfigured].format(name)) from error
    except (BotoCoreError, HTTPClientError, HTTPError, ParserError, OSError) as error:
        raise Unavailable(_SENTENCES[Unavailable].format(name)) from error
    except _UNREADABLE as error:
        raise Unavailable(f"{name} sent a response that cannot be read.") from error


@contextmanager
def store() -> Iterator[None]:
    """Raise every error of DynamoDB as StoreUnavailable.

    Code inside handles the exceptions of failed conditions itself.
    """
    try:
        yield
    except CALL_FAILED as error:
        raise StoreUnavailable("The job store did not respond. Try again soon.") from error


@contextmanager
def queue(sentence: str) -> Iterator[None]:
    """Raise whatever SQS fails with as QueueRefused, with this sentence."""
    try:
        yield
    except CALL_FAILED as error:
        raise QueueRefused(sentence) from error


def _of_client_error(name: str, error: ClientError) -> Transient | Fatal:
    code = error.response.get("Error", {}).get("Code", "")
    metadata = error.response.get("ResponseMetadata", {})
    kind = _KINDS.get(code.lower()) or _by_status(metadata.get("HTTPStatusCode", 500))
    message = str(error.response.get("Error", {}).get("Message", "")).lower()
    if kind is UpstreamRefused and "too long" in message:
        kind = PromptTooLong
    return kind(_SENTENCES[kind].format(name), request_id=metadata.get("RequestId"))


def _by_status(status: int) -> _Kind:
    if status == 429:
        return Throttled
    if status in (401, 403, 404):
        return Misconfigured
    return UpstreamRefused if 400 <= status < 500 else Unavailable
