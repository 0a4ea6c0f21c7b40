"""Killed with SIGKILL at the three worst points, started again: nothing is lost, nothing is done twice."""

import signal

import pytest

from shared.messaging import emit
from tests.shared import crashing
from tests.shared.small import Told

MESSAGES = 200


@pytest.fixture(params=["rabbitmq", "in-process"])
def broker(request):
    return request.getfixturevalue("rabbit") if request.param == "rabbitmq" else None


@pytest.mark.parametrize("point", ["before-commit", "after-commit", "after-publish"])
async def test_killed_and_started_again_everything_has_taken_effect_once(
    place_for, broker, spawn, until, rows, point
):
    sessions = await place_for()
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    async with sessions.begin() as session:
        for number in range(MESSAGES):
            emit(session, Told(thing=f"t{number % 17}", number=number))

    doomed = spawn(crashing.run, point, url, broker)
    await until(lambda: _ended(doomed), True, 60)
    assert doomed.exitcode == -signal.SIGKILL
    spawn(crashing.run, "never", url, broker)

    counts = "SELECT handler, count(*), count(DISTINCT number) FROM effect GROUP BY handler ORDER BY handler"
    expected = [("answer", MESSAGES, MESSAGES), ("note", MESSAGES, MESSAGES)]
    await until(lambda: rows(sessions, counts), expected, 60)
    await until(lambda: rows(sessions, "SELECT count(*) FROM outbox"), [(0,)], 30)


async def _ended(process) -> bool:
    return not process.is_alive()
