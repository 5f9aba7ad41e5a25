"""AWS's errors, told as ours.

The codes are those of the service models in botocore; in an event stream they arrive with a small
first letter. What a caller reads names no index, model, role or account: those are in the
exception's cause, which the operator's log has.
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
    Throttled: "{} is at the limit of its quota.",
    Misconfigured: "{} refused this service's access, or does not know what it asks for.",
    UpstreamRefused: "{} calls the request invalid.",
    PromptTooLong: "{} finds the question with its passages too long.",
    Unavailable: "{} did not answer.",
}

#: What botocore's parsers and ours stumble with over an answer of another form than promised.
_UNREADABLE = (
    ResponseParserError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def upstream(name: str) -> Iterator[None]:
    """Raise what `name`, Kendra or Bedrock, fails with as Transient or Fatal."""
    try:
        yield
    except ClientError as error:
        raise _of_client_error(name, error) from error
    except (ParamValidationError, NoCredentialsError) as error:
        # The SDK itself refuses: an id of the wrong form, or no role.
        raise Misconfigured(_SENTENCES[Misconfigured].format(name)) from error
    except (BotoCoreError, HTTPClientError, HTTPError, ParserError, OSError) as error:
        raise Unavailable(_SENTENCES[Unavailable].format(name)) from error
    except _UNREADABLE as error:
        raise Unavailable(f"{name} sent what cannot be read.") from error


@contextmanager
def store() -> Iterator[None]:
    """Raise what DynamoDB fails with as StoreUnavailable. Failed conditions are for the caller."""
    try:
        yield
    except (BotoCoreError, HTTPClientError, ClientError, ResponseParserError) as error:
        raise StoreUnavailable("The job store did not answer; try again soon.") from error


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
