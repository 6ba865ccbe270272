"""A server on loopback that does with a connection whatever a test likes."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.serving import Loopback, Respond, reset

Behave = Callable[["Connection"], None]

_AT_MOST = 20.0
"""Seconds for which a server goes on, so that a client that never gives up fails its test."""


@dataclass
class Connection:
    """One connection on which a request has arrived, whatever it was."""

    socket: socket.socket
    over: threading.Event

    def send(self, data: bytes) -> None:
        """Send some bytes."""
        self.socket.sendall(data)

    def wait(self) -> None:
        """Say nothing more, but keep the connection open."""
        self.over.wait(_AT_MOST)

    def drip(self, data: bytes, every: float = 0.03) -> None:
        """Send the data again and again, with a pause (seconds) before each."""
        for _ in range(round(_AT_MOST / every)):
            if self.over.wait(every):
                return
            self.send(data)

    def reset(self) -> None:
        """Close it without a goodbye."""
        self.over.wait(0.02)  # Or the reset would overtake what was sent before it.
        reset(self.socket)
        self.socket.close()


@dataclass
class Misbehaving(Loopback):
    """Takes connections as `Loopback` does, and leaves all the rest to `behave`."""

    respond: Respond = field(init=False, repr=False)
    behave: Behave = field(kw_only=True)

    def converse(self, connection: socket.socket) -> None:
        connection.recv(65536)
        self.behave(Connection(connection, self.over))
        # To close while something of the request is unread would be a reset.
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_AT_MOST)
        while connection.recv(65536):
            pass
