"""Bedrock's errors: its exception names and their HTTP statuses.

Source: botocore's service model of bedrock-runtime, operations Converse and ConverseStream.
"""

STATUSES = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "UnknownOperationException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ModelStreamErrorException": 424,
    "ModelNotReadyException": 429,
    "ThrottlingException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}


class ServiceError(Exception):
    """One of Bedrock's exceptions, to be sent to the caller.

    Before the first piece of an answer, it becomes an HTTP error.
    After that, it becomes an event that ends the stream.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = STATUSES[kind]
        self.kind = kind
        self.message = message

    @property
    def event(self) -> str:
        """The exception's name as a stream event: `throttlingException`."""
        return self.kind[0].lower() + self.kind[1:]


class StreamCut(Exception):
    """The connection closes in the middle of a stream, without the last chunk."""


def invalid(message: str) -> ServiceError:
    """Return a ValidationException (400): the caller has to change the request."""
    return ServiceError("ValidationException", message)
