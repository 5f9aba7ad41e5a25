"""boto3 clients for an operator's commands, and AWS's failures in one line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sluice_ops.exits import Exit, OpsError

#: Entries of a batch request to SQS.
SQS_ENTRIES = 10


def aws_client(service: str, options: Mapping[str, str]) -> Any:
    """Return a boto3 client; without options, of the credentials and region that boto3 finds.

    Raises OpsError.
    """
    # Imported here, since it takes longer to load than most commands take.
    import boto3
    from botocore.config import Config

    make: Any = boto3.client  # its overloads require the service's name as a literal
    config = Config(
        # Nobody at a terminal waits for long.
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        # A proxy does not reach this machine.
        proxies={} if _is_local(options.get("endpoint_url", "")) else None,
    )
    with aws_errors():
        return make(service, config=config, **options)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn botocore's exceptions into OpsError."""
    from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

    try:
        yield
    except ClientError as error:
        raise _refusal(error.response) from error
    except NoRegionError as error:
        raise OpsError("No region is set. Set AWS_DEFAULT_REGION.", Exit.NOWHERE) from error
    except BotoCoreError as error:
        raise OpsError(f"The call to AWS failed: {error}", Exit.NOWHERE) from error


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _refusal(response: Mapping[str, Any]) -> OpsError:
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    error = response.get("Error", {})
    reason = f"{error.get('Code')}: {error.get('Message')}"
    if status >= 500:
        return OpsError(f"AWS failed ({reason})", Exit.AWS_FAILED)
    return OpsError(f"AWS refused ({reason})", Exit.REFUSED)
