"""No template ships without a story that carries out every step that it declares."""

import re
from pathlib import Path

from shared.programmes import codes

STORIES = re.compile(
    r"^async def test_\w+\(\s*system,?\s*\):\n(.*?)(?=^async def |^def |\Z)", re.MULTILINE | re.DOTALL
)


def test_each_template_has_a_story_that_ends_with_nothing_left_undone():
    """`ended` compares the steps that were carried out with those of the template."""
    found = []
    for path in Path(__file__).parent.glob("test_*.py"):
        for story in STORIES.findall(path.read_text(encoding="utf-8")):
            assert (
                story.rstrip().splitlines()[-1].strip() in {"play.ended()"} or "    play.ended()\n" in story
            ), path
            found += re.findall(r'play = Play\(system, "([\w-]+)"', story)

    assert sorted(found) == sorted(codes())
