"""The demo as a person at a terminal has it: asked for both panels, ended with Ctrl-C, started again."""

import os
import pty
import re
import select
import time

import pytest

from tailored import postgres
from tests.system.playing import PATIENCE, TAILORED, command

CTRL_C, CTRL_D = b"\x03", b"\x04"
COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def at_a_terminal(arguments, *answers):
    """Exit code and all that was said; each answer is typed when its words have come."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(str(TAILORED), arguments)
    said, deadline, waiting = b"", time.monotonic() + PATIENCE, list(answers)
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                said += os.read(terminal, 65536)
            except OSError:  # the other side of the terminal is closed
                break
        if waiting and waiting[0][0].encode() in said:
            os.write(terminal, waiting.pop(0)[1])
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), COLOUR.sub("", said.decode(errors="replace"))


@pytest.mark.long
def test_what_is_ended_in_the_middle_and_at_the_question_is_closed_by_another_start(tmp_path):
    arguments = [word for word in command(tmp_path) if word != "--once"]

    for moment, typed in (("2022-01", CTRL_C), ("[y/n]", CTRL_C), ("[y/n]", CTRL_D)):
        code, said = at_a_terminal(arguments, (moment, typed))
        assert code == 130, said
        assert "Stopping in order" in said
        assert not postgres.runs_at(tmp_path)

    code, said = at_a_terminal(arguments, ("[y/n]", b"y\r"), ("another start goes on", CTRL_C))
    assert code == 0, said
    assert '"plan_version": 2' in said
    assert not postgres.runs_at(tmp_path)
