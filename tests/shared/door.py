"""A door between a service and its server: it can be shut, and every connection through it cut."""

import asyncio
import ctypes
import socket
import struct
from contextlib import suppress
from typing import Any, Self

from sqlalchemy import make_url

AT_ONCE_BY_RESET = struct.pack("ii", 1, 0)
SO_ATTACH_FILTER, DROP = 26, ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
"""Linux: of what comes to a socket with this filter nothing is left, not even for the kernel to acknowledge."""


class Door:
    """Forwards TCP to the server of a URL, which listens on a port or a Unix socket, while it is open."""

    def __init__(self, server: str) -> None:
        url = make_url(server)
        self.host, self.to = url.query.get("host") or url.host, url.port or 5432
        self.port = 0
        self.shut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._pairs: dict[asyncio.Future[Any], tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.shut = True
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    def to_there(self, url: str) -> str:
        """The same URL, through this door."""
        through = make_url(url).difference_update_query(["host"]).set(host="127.0.0.1", port=self.port)
        return through.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Reset every connection, as a server does that is killed."""
        for writer in self._writers:
            with suppress(OSError):
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE_BY_RESET)
            writer.transport.abort()

    def cut_off(self) -> None:
        """Nothing comes through any more, and the client is not told: as if the server's cable were pulled."""
        clients = [client.get_extra_info("socket") for client, _ in self._pairs.values()]
        for one in (*self._server.sockets, *clients):
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(DROP)))
        for entering, (_, onward) in self._pairs.items():
            entering.cancel()
            onward.transport.abort()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.shut:
            writer.transport.abort()
            return
        try:
            back, onward = await self._onward()
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, onward}
        pumping = asyncio.gather(_pump(reader, onward), _pump(back, writer))
        self._pairs[pumping] = writer, onward
        with suppress(asyncio.CancelledError):  # cut off: the client's side stays as it is
            await pumping
            self._writers -= {writer, onward}
        del self._pairs[pumping]

    async def _onward(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if str(self.host).startswith("/"):
            return await asyncio.open_unix_connection(f"{self.host}/.s.PGSQL.{self.to}")
        return await asyncio.open_connection(self.host, self.to)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while read := await reader.read(65536):
            writer.write(read)
            await writer.drain()
    writer.close()
