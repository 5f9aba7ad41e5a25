"""The errors with which Bedrock answers: its exception names and their HTTP statuses.

Source: the bedrock-runtime service model of botocore, operations Converse and ConverseStream.
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


class Refusal(Exception):
    """A call is answered with one of Bedrock's exceptions.

    Raised before the first piece of an answer it becomes an HTTP error, after it an event that
    ends the stream.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = STATUSES[kind]
        self.kind = kind
        self.message = message

    @property
    def event(self) -> str:
        """The name as a member of the stream: `throttlingException`."""
        return self.kind[0].lower() + self.kind[1:]


class StreamCut(Exception):
    """The connection closes in the middle of a stream, without the last chunk."""


def invalid(message: str) -> Refusal:
    """Make the refusal of a request that its caller has to change: ValidationException, 400."""
    return Refusal("ValidationException", message)
