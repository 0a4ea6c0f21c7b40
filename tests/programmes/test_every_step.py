"""Each template goes through all the steps that it declares, on the running system, through the front doors."""

import os
import socket
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import httpx
import pytest

from shared.programmes import codes, load

_spec = spec_from_file_location("stages", Path(__file__).with_name("stages.py"))
stages = module_from_spec(_spec)
_spec.loader.exec_module(stages)


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """All five services in one process, on a fresh home."""
    home = tmp_path_factory.mktemp("programmes")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (home / "log").open("wb")
    command = [sys.executable, "-m", "tailored.single", "--home", str(home), "--port", str(port)]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=log, stderr=log, env={**os.environ}, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.3)
    else:
        pytest.fail((home / "log").read_text()[-3000:])
    token = httpx.post(f"{url}/v1/token", json={"persona": "operator"}, timeout=10).json()["token"]
    clock = {"headers": {"Authorization": f"Bearer {token}"}, "json": {"today": "2021-06-01"}}
    httpx.post(f"{url}/v1/demo/clock", timeout=10, **clock).raise_for_status()
    time.sleep(1)  # every service hears of it
    yield url
    child.stdin.close()
    child.wait(40)
    log.close()


@pytest.mark.parametrize(("number", "code"), list(enumerate(codes())), ids=codes())
async def test_a_template_runs_all_the_steps_that_it_declares(system, number, code):
    people = httpx.get(f"{system}/v1/personas", timeout=10).json()["personas"]
    stage = stages.Stage(system, number, code, people)

    await stage.play()

    assert stage.done == load(code).steps
    print(f"{code}: {' > '.join(stage.done)}")
