"""The map in the README is read off the code, so it cannot lie."""

import json
from pathlib import Path

from shared import map as atlas
from shared.events.enterprise import PublicEvent
from tests.conftest import known_events

ROOT = Path(__file__).parents[2]
LINES = atlas.read()


def test_the_map_in_the_readme_equals_the_handlers():
    assert atlas.markdown(LINES) in (ROOT / "README.md").read_text(), "run: python -m shared.map --write"


def test_queues_and_topics_are_those_that_are_kept_for_relays_and_for_other_teams():
    assert atlas.topology() == atlas.TOPOLOGY.read_text(), "run: python -m shared.map --write"
    kept = json.loads((ROOT / "contracts" / "map.json").read_text())
    assert kept == json.loads(json.dumps([line._asdict() for line in LINES])), (
        "run: python -m shared.map --write"
    )


def test_every_event_that_an_enterprise_can_say_is_heard_by_a_service():
    heard = {name for line in LINES for name in line.hears}
    public = {kind.__name__ for kind in known_events().values() if issubclass(kind, PublicEvent)} - {
        "PublicEvent"
    }

    assert public - heard == set()


def test_a_stranger_finds_where_feedback_becomes_a_revision():
    [line] = [line for line in LINES if line.queue == "curriculum.open_revision_for_gap"]

    assert line.hears == ("GapConfirmed",)
    assert "RevisionOpened" in line.says
