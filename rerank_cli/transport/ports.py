"""Which ports of this machine something listens at."""

import socket
from collections.abc import Iterable

_PATIENCE = 0.3
"""Seconds; a loopback port answers at once or not at all."""


def listening(host: str, ports: Iterable[int]) -> list[int]:
    """Those of the ports that take a connection, in order."""
    return [port for port in sorted(set(ports)) if _takes(host, port)]


def _takes(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), _PATIENCE):
            return True
    except OSError:
        return False
