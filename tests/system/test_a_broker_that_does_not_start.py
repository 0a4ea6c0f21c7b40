"""A RabbitMQ of our own that does not start is told with what it said, and leaves no process behind."""

import os
import sys
import time

import pytest

from tailored import broker

FAILS = "echo BOOT FAILED: no room; exec sleep 600"
SAYS_NOTHING = "exec sleep 600"
ENDS = "echo gone"
LISTENS = f"""exec {sys.executable} -c '
import re, socket, time, os
port = re.search(r"127.0.0.1:(\\d+)", open(os.environ["RABBITMQ_CONFIG_FILE"]).read()).group(1)
taken = socket.create_server(("127.0.0.1", int(port)))
time.sleep(600)'"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Put this in the place of the installed server."""
    server = tmp_path / "rabbitmq-server"
    monkeypatch.setattr(broker, "SERVER", server)

    def install(script: str) -> None:
        server.write_text(f"#!/bin/sh\necho $$ > {tmp_path / 'began'}\n{script}\n")
        server.chmod(0o755)

    return install


def runs(folder) -> bool:
    """Whether the server that began last is there; it has a second to go."""
    process = int((folder / "began").read_text())
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("script", [FAILS, SAYS_NOTHING, ENDS])
def test_a_broker_that_does_not_start_is_ended(installed, tmp_path, monkeypatch, script):
    monkeypatch.setattr(broker, "PATIENCE", 2.0)
    installed(script)

    with pytest.raises(broker.NoRabbit, match="RabbitMQ did not start"):
        broker.LocalRabbit(tmp_path / "home")

    assert not runs(tmp_path)


def test_a_broker_that_once_failed_starts_when_its_reason_is_gone(installed, tmp_path):
    installed(FAILS)
    with pytest.raises(broker.NoRabbit, match="no room"):
        broker.LocalRabbit(tmp_path / "home")
    installed(LISTENS)

    node = broker.LocalRabbit(tmp_path / "home")

    assert runs(tmp_path)
    node.stop()
    assert not runs(tmp_path)
