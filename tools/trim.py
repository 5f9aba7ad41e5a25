"""Removes from installed packages what Lambda never reads, for size and for short cold starts.

botocore describes every service of AWS, with its documentation, in JSON that every client parses.
The services in use are kept, without their documentation, and uncompressed, since unpacking costs
more than reading.
A trimmed service behaves as before: it has every operation, shape, endpoint, paginator and waiter.
"""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

#: The services that src/ makes clients for, as botocore names them.
SERVICES = frozenset({"apigatewaymanagementapi", "bedrock-runtime", "dynamodb", "kendra", "sqs"})

# Console scripts, the installer's records, files for type checkers, and a page for browsers that
# Powertools' own API resolver can serve. At run time packages read their *.dist-info only to find
# plugins, of which there are none, or their version.
_NEVER_READ = (
    *("bin", "*.dist-info", "**/*.pyi", "**/py.typed"),
    # For boto3's resources; src/ uses only clients.
    *("boto3/data", "boto3/examples"),
    "**/swagger_ui/*.min.*",
)


def trim(folder: Path) -> None:
    """Trim the packages installed in `folder`. Raises ValueError if a service is missing."""
    for pattern in _NEVER_READ:
        for path in list(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    trim_service_data(folder / "botocore" / "data")


def trim_service_data(data: Path) -> None:
    """Cut botocore's data down to SERVICES. Raises ValueError if one of them is missing."""
    if missing := sorted(name for name in SERVICES if not (data / name).is_dir()):
        raise ValueError(f"botocore has no service {', '.join(missing)}")
    for service in [path for path in data.iterdir() if path.is_dir()]:
        # botocore uses the newest version of a service unless another is requested.
        newest = max(path.name for path in service.iterdir())
        for version in list(service.iterdir()):
            if service.name not in SERVICES or version.name != newest:
                shutil.rmtree(version)
        if service.name not in SERVICES:
            service.rmdir()
    for file in list(data.rglob("*-[0-9]*.json*")):
        _shorten(file)
    _keep_endpoints(data)


def _shorten(file: Path) -> None:
    """Rewrite a service's file, uncompressed and without documentation; delete its examples."""
    content = file.read_bytes()
    file.unlink()
    if file.name.startswith("examples-"):
        return
    if file.suffix == ".gz":
        content, file = gzip.decompress(content), file.with_suffix("")
    _write(file, _without_documentation(json.loads(content)))


def _without_documentation(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_documentation(part) for part in node]
    if isinstance(node, dict):
        # An object of this name is a member of a shape; a string is documentation.
        return {
            name: _without_documentation(part)
            for name, part in node.items()
            if not (name == "documentation" and isinstance(part, str))
        }
    return node


def _keep_endpoints(data: Path) -> None:
    """Cut endpoints.json, which is read for every client, down to the services that are kept."""
    prefixes = {
        json.loads(file.read_bytes())["metadata"]["endpointPrefix"]
        for file in data.rglob("service-2.json")
    }
    file = data / "endpoints.json"
    endpoints = json.loads(file.read_bytes())
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {
            name: services[name] for name in services if name in prefixes | SERVICES
        }
    _write(file, endpoints)


def _write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
