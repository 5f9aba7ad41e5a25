"""Kendra's errors.

Source: botocore's service model of kendra. Its exceptions name no HTTP status, so they have the
protocol's: 400, and 500 for a fault of the service.
"""


class ServiceError(Exception):
    """One of Kendra's exceptions, or of those common to all AWS services, sent to the caller."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.name = name
        self.status = status
