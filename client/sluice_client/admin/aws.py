"""AWS, as an operator's command talks to it: boto3 if it is there, and failures in one line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sluice_client.commands.exit_codes import ExitCode
from sluice_client.transport.endpoint import is_local


class AdminError(Exception):
    """What an operator's command cannot do, in one line, and the code to end with."""

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(message)
        self.code = code


def aws_client(service: str, options: Mapping[str, str]) -> Any:
    """A boto3 client; without options, of the credentials and the region that boto3 finds.

    Raises AdminError.
    """
    try:
        # Only these commands need it, so the others do without.
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise AdminError(
            "This needs boto3: pip install 'sluice-client[admin]'.", ExitCode.UNREACHABLE
        ) from error
    make: Any = boto3.client  # its overloads want the service's name in the source
    config = Config(
        # Nobody at a terminal waits for long.
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        # To this machine no proxy belongs in between.
        proxies={} if is_local(options.get("endpoint_url", "")) else None,
    )
    with aws():
        return make(service, config=config, **options)


@contextmanager
def aws() -> Iterator[None]:
    """Raise as AdminError what AWS refuses, what it fails with, and what keeps it from us."""
    from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

    try:
        yield
    except ClientError as error:
        raise AdminError(*_refusal(error.response)) from error
    except NoRegionError as error:
        raise AdminError("In which region? Set AWS_REGION.", ExitCode.UNREACHABLE) from error
    except BotoCoreError as error:
        raise AdminError(f"AWS cannot be asked: {error}", ExitCode.UNREACHABLE) from error


def _refusal(response: Mapping[str, Any]) -> tuple[str, ExitCode]:
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    error = response.get("Error", {})
    told = f"{error.get('Code')}: {error.get('Message')}"
    if status >= 500:
        return f"AWS failed ({told})", ExitCode.SERVICE_FAILED
    return f"AWS refused ({told})", ExitCode.REFUSED
