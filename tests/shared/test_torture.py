"""Processes killed and connections reset in mid-flow: a reduced run of `python -m benchmarks.torture`."""

import pytest

from tests.shared.torture import Report, Torture

EVENTS, KILLS, RESETS = 3000, 5, 5


@pytest.mark.parametrize("transport", ["rabbitmq", "in-process"])
async def test_events_under_kills_and_resets_all_take_effect_once_and_in_order(request, place_for, transport):
    rabbit = request.getfixturevalue("rabbit") if transport == "rabbitmq" else None
    databases = {}
    for service in ("teller", "hearer"):
        sessions = await place_for()
        databases[service] = sessions.kw["bind"].url.render_as_string(hide_password=False)

    report = await Torture(Report(transport, EVENTS, KILLS, RESETS), databases, rabbit, seed=1).run(print)

    assert report.good, report
