"""Broker and database behind TLS: names and authorities are checked, and all the short ways work there too."""

import asyncio
import ssl
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text

from services.gateway.broker import create_user
from shared.database import driver_at, sessions_of
from shared.messaging import topology
from shared.messaging.runtime import Runtime
from shared.settings import Settings
from tailored.broker import LocalRabbit, free_ports
from tests.certificates import Authority
from tests.shared.door import Door
from tests.shared.test_outages import COUNTS, OUTBOX, answering, say

CONF = """listeners.ssl.1 = 127.0.0.1:{port}
management.ssl.port = {management}
ssl_options.cacertfile = {authority}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
management.ssl.cacertfile = {authority}
management.ssl.certfile = {certificate}
management.ssl.keyfile = {key}
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return Authority(folder)


@pytest.fixture(scope="module")
def behind_tls(authority, tmp_path_factory):
    """The ports of a broker and its management for TLS, both called localhost and nothing else."""
    port, management = free_ports(2)
    certificate, key = authority.server("localhost")
    for file in (authority.file, certificate, key, authority.folder):
        file.chmod(0o755)
    more = CONF.format(
        port=port, management=management, authority=authority.file, certificate=certificate, key=key
    )
    node = LocalRabbit(tmp_path_factory.mktemp("rabbitmq"), small=True, more=more)
    yield port, management
    node.remove()


def amqps(ports: tuple[int, int], trusts: Path, host: str = "localhost") -> str:
    return f"amqps://guest:guest@{host}:{ports[0]}/?cafile={trusts}"


@pytest.mark.parametrize("addresses", [1, 2])
async def test_what_is_said_arrives_over_tls(behind_tls, authority, place_with, until, rows, addresses):
    place = place_with(",".join([amqps(behind_tls, authority.file)] * addresses))
    sessions = await place.sessions()
    async with place.running(answering(), sessions) as runtime:
        await say(sessions, range(40), "y" * 200_000)
        await until(lambda: rows(sessions, COUNTS), [(40, 40)])
        await until(lambda: rows(sessions, OUTBOX), [(0,)])
        [_, subscriber] = runtime.consumer._subscribers
        assert subscriber.consume.__self__._way.newest == 40


@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_a_broker_that_does_not_prove_its_name_is_refused_and_readiness_says_why(
    behind_tls, authority, tmp_path, place_with, until, wrong
):
    other = Authority(tmp_path, "other").file
    url = amqps(behind_tls, other) if wrong == "authority" else amqps(behind_tls, authority.file, "127.0.0.1")
    place = place_with(url)
    runtime = Runtime(answering(), await place.sessions(), place.settings("consumer,relay"))
    why = "self-signed certificate in certificate chain" if wrong == "authority" else "IP address mismatch"

    async def said() -> set[str]:
        states = await runtime.parts()
        return {
            part for part, state in states.items() if "certificate verify failed" in state and why in state
        }

    await runtime.start()
    await until(said, {"consumer", "relay"})
    await runtime.stop()


async def test_who_trusts_an_authority_by_the_environment_speaks_to_broker_and_management(
    behind_tls, authority, monkeypatch
):
    port, management = behind_tls
    there = f"https://guest:guest@localhost:{management}"
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    queues = topology.queues_of(answering())
    await topology.apply(f"amqps://guest:guest@localhost:{port}/", queues)
    assert (await topology.diff(there, "/", queues)).missing == ()

    settings = Settings(
        database_url="", rabbitmq_url=f"amqp://localhost:{port}/", rabbitmq_management_url=there
    )
    made = await create_user(settings, SimpleNamespace(source_id=uuid4()))
    connection, _ = await topology.connect(f"amqps://{made['user']}:{made['password']}@localhost:{port}/")
    await connection.close()


class Secretly(Door):
    """PostgreSQL with TLS: an answer to the client's question, then everything in secret."""

    context: ssl.SSLContext

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        try:
            await writer.start_tls(self.context)
        except ssl.SSLError:  # the client does not trust us
            return
        await super()._enter(reader, writer)


@pytest.fixture
async def database_behind_tls(database_url, authority):
    """The URL of a database, as an operator writes it."""
    plain = await database_url("shared")
    Secretly.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    Secretly.context.load_cert_chain(*authority.server("localhost"))
    async with Secretly(plain) as door:
        there = make_url(door.to_there(plain)).set(host="localhost")
        yield there.update_query_dict({"ssl": "verify-full"}).render_as_string(hide_password=False)


async def test_a_database_is_spoken_to_over_tls(database_behind_tls, authority, monkeypatch):
    monkeypatch.setenv("PGSSLROOTCERT", str(authority.file))
    sessions = sessions_of(Settings(database_url=database_behind_tls))
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox")) == 0
    await sessions.kw["bind"].dispose()
    alone = await driver_at(database_behind_tls)
    assert await alone.fetchval("SELECT 1") == 1
    await alone.close()


async def test_a_database_that_does_not_prove_its_name_is_refused(database_behind_tls, tmp_path, monkeypatch):
    monkeypatch.setenv("PGSSLROOTCERT", str(Authority(tmp_path, "other").file))
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        await driver_at(database_behind_tls)
