"""The errors with which Kendra answers.

Source: the kendra service model of botocore. Its exceptions name no HTTP status, so they have the
protocol's: 400, and 500 for a fault of the service.
"""


class Refusal(Exception):
    """A call is answered with one of Kendra's exceptions, or one common to all AWS services."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.name = name
        self.status = status
