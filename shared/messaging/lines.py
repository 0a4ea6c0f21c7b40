"""The lines to a broker: where there are other nodes to go to, the kernel hangs up on one that no longer answers.

A node that is cut off says nothing, and the library believes in it for three heartbeats and a few seconds more. The kernel
knows sooner: what it sends is not acknowledged. It asks a quiet line each second, and answers for this process as the
node's kernel answers for the node, so that neither is given up for being busy.
"""

import os
import socket
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq import TransportFactory
from aiormq.connection import TCPTransportFactory, TLSTransportFactory
from yarl import URL

from shared.messaging.addresses import addresses

SILENT = 3
"""Seconds without an answer; less than a cluster takes to choose a new leader, more than a hiccup of the network."""


class Lines(TransportFactory):
    """Opens the library's sockets."""

    def __init__(self, urls: str) -> None:
        self._others = len(addresses(urls)) > 1

    async def create(self, url: URL, **kwargs: Any) -> Any:
        """As the library does it."""
        library = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await library.create(url, **kwargs)
        if self._others and hasattr(socket, "TCP_USER_TIMEOUT"):
            hang_up_when_silent(writer)
        return reader, writer


def hang_up_when_silent(writer: StreamWriter) -> None:
    """Both halves are needed: the one counts while something is sent, the other while nothing is."""
    descriptor = os.dup(writer.get_extra_info("socket").fileno())  # uvloop's own sockets take no options
    with socket.socket(fileno=descriptor) as same:
        for option, value in (
            (socket.TCP_USER_TIMEOUT, SILENT * 1000),
            (socket.TCP_KEEPIDLE, 1),
            (socket.TCP_KEEPINTVL, 1),
            (socket.TCP_KEEPCNT, SILENT),
        ):
            same.setsockopt(socket.IPPROTO_TCP, option, value)
        same.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


class Connection(aio_pika.Connection):
    """A connection of the library over a line of ours."""

    def __init__(self, *args: Any, lines: Lines, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kwargs["transport_factory"] = lines


def opening(urls: str, heartbeat: int, name: str) -> Callable[[str], Awaitable[AbstractConnection]]:
    """How one of these addresses is connected to."""
    properties: Any = {"connection_name": name}
    return partial(
        aio_pika.connect, heartbeat=heartbeat, client_properties=properties,
        connection_class=partial(Connection, lines=Lines(urls)),
    )  # fmt: skip
