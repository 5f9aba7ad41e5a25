"""The addresses that the processes of this test run listen on, from Linux's /proc."""

import os
import re
import socket
import struct
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

#: An address and a port that a process listens on.
Listener = tuple[IPv4Address | IPv6Address, int]

_PROC = Path("/proc")
#: The state of a listening socket in /proc/net/tcp (the kernel's TCP_LISTEN).
_LISTEN = "0A"
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def listeners_of_descendants() -> set[Listener]:
    """Return the TCP listeners of all processes below this one, IPv4 and IPv6."""
    inodes = {inode for process in _descendants(os.getpid()) for inode in _sockets(process)}
    return {listener for inode, listener in _listening() if inode in inodes}


def is_loopback(listener: Listener) -> bool:
    """Return whether only this machine can reach the listener."""
    address = listener[0]
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _descendants(process: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for status in _PROC.glob("[0-9]*/stat"):
        try:
            # The name before ") " may hold any character; state and parent follow it.
            parent = int(status.read_text().rpartition(") ")[2].split()[1])
        except OSError:
            continue  # it has ended
        children.setdefault(parent, []).append(int(status.parent.name))
    found: set[int] = set()
    waiting = [process]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def _sockets(process: int) -> set[str]:
    found = set()
    for descriptor in (_PROC / str(process) / "fd").glob("*"):
        with suppress(OSError):  # it has been closed
            if match := _SOCKET.fullmatch(str(descriptor.readlink())):
                found.add(match[1])
    return found


def _listening() -> list[tuple[str, Listener]]:
    found = []
    for table in ("tcp", "tcp6"):
        for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
            _, local, _, state, _, _, _, _, _, inode, *_ = line.split()
            if state == _LISTEN:
                address, _, port = local.partition(":")
                found.append((inode, (_address(address), int(port, 16))))
    return found


def _address(text: str) -> IPv4Address | IPv6Address:
    """Read an address as the kernel writes it: 32-bit words in the machine's byte order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return ip_address(socket.inet_ntop(family, packed))
