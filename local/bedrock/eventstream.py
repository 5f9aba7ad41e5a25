"""The binary framing in which AWS streams events (`application/vnd.amazon.eventstream`).

One message, all integers big-endian:

    total length (4) | headers length (4) | CRC32 of the first 8 bytes (4)
    headers | payload | CRC32 of everything before it (4)

A header is its name's length (1), its name, its type (1) and its value; only strings (type 7:
length (2), UTF-8) are written, since Bedrock sends no others. botocore's `EventStreamBuffer`
decodes this layout. Its limits are checked here, so that no message is sent that it cannot read.
"""

import json
import struct
from collections.abc import Mapping
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"
#: Bytes, as in botocore's decoder.
MAX_HEADERS = 128 * 1024
MAX_PAYLOAD = 24 * 1024 * 1024

_STRING = 7
#: The prelude with its checksum, and the checksum at the end.
_FRAME = 16


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one message in its frame.

    Raises ValueError for a name over 255 bytes, a value over 65,535, or a message over the limits.
    """
    head = b"".join(_header(name, value) for name, value in headers.items())
    if len(head) > MAX_HEADERS:
        raise ValueError(f"headers of {len(head)} bytes exceed {MAX_HEADERS}")
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes exceeds {MAX_PAYLOAD}")
    prelude = struct.pack("!II", _FRAME + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", crc32(prelude)) + head + payload
    return message + struct.pack("!I", crc32(message))


def event(kind: str, payload: Mapping[str, object]) -> bytes:
    """Return an event such as `contentBlockDelta`, with a JSON payload, in its frame."""
    return encode(_json_headers("event", ":event-type", kind), _json(payload))


def exception(kind: str, message: str) -> bytes:
    """Return an error that ends the stream, such as `modelStreamErrorException`, in its frame."""
    return encode(_json_headers("exception", ":exception-type", kind), _json({"message": message}))


def _header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    if not 0 < len(raw_name) <= 0xFF:
        raise ValueError(f"a header's name has 1 to 255 bytes, not {len(raw_name)}")
    if len(raw_value) > 0xFFFF:
        raise ValueError(f"the value of {name} has {len(raw_value)} bytes, over 65,535")
    prefix = struct.pack("!B", len(raw_name)) + raw_name
    return prefix + struct.pack("!BH", _STRING, len(raw_value)) + raw_value


def _json_headers(message_type: str, kind_header: str, kind: str) -> dict[str, str]:
    # The order in which Bedrock writes them.
    return {
        kind_header: kind,
        ":content-type": "application/json",
        ":message-type": message_type,
    }


def _json(payload: Mapping[str, object]) -> bytes:
    # Sorted and compact, as Bedrock writes it; UTF-8 unescaped.
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
