"""What waits in the database of a service is told as figures."""

from prometheus_client import REGISTRY
from sqlalchemy import text

from shared.ids import uuid7
from shared.messaging import Job, emit
from shared.messaging.counting import STATES, count
from tests.shared.small import Told

FAIL = text("""INSERT INTO failed_message
  (id, handler, message_id, type, topic, key, sequence, headers, body, state, code, reason, attempts, edited)
  VALUES (:id, 'a.b', :id, 't', 't', 'k', 1, '{}', '', :state, 'E', 'broken', 5, false)""")
REJECT = text("""INSERT INTO outbox_rejected (id, key, sequence, topic, type, body, envelope, reason)
  VALUES (:id, 'k', 1, 't', 't', '', '{}', 'too large')""")
LATER = text("UPDATE outbox SET said_at = said_at - interval '90 seconds'")


def figure(name: str, **labels) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": "counted", **labels})


async def work(work) -> None:
    """Nothing."""


async def test_what_waits_is_counted_with_its_age_and_its_state(sessions):
    async with sessions.begin() as session:
        emit(session, Told(thing="a"))
        emit(session, Told(thing="b"))
        session.add(Job.to(work))
    async with sessions.begin() as session:
        await session.execute(LATER)
        await session.execute(text("UPDATE job SET due_at = due_at - interval '90 seconds'"))
        for state in ("dead", "dead", "waiting", "archived"):
            await session.execute(FAIL, {"id": uuid7(), "state": state})
        await session.execute(REJECT, {"id": uuid7()})

    assert await count("counted", sessions) is False
    assert figure("tailored_outbox") == 2
    assert 90 <= figure("tailored_outbox_age_seconds") < 600
    assert 90 <= figure("tailored_job_age_seconds") < 600
    assert {state: figure("tailored_failed", state=state) for state in STATES} == {
        "retrying": 0, "waiting": 1, "behind": 0, "dead": 2, "unsent": 1,
    }  # fmt: skip


async def test_a_job_that_a_worker_has_does_not_wait_and_one_whose_lease_is_over_does(sessions):
    async with sessions.begin() as session:
        session.add(Job.to(work))
    for left, waits in ((60, False), (-60, True)):
        async with sessions.begin() as session:
            await session.execute(
                text(f"""UPDATE job SET due_at = clock_timestamp() - interval '90 seconds', state = 'running',
                lease_until = clock_timestamp() + interval '{left} seconds'""")
            )
        await count("counted", sessions)
        assert (figure("tailored_job_age_seconds") >= 90) is waits


async def test_what_has_gone_counts_no_more(sessions):
    async with sessions.begin() as session:
        await session.execute(FAIL, {"id": uuid7(), "state": "dead"})
    await count("counted", sessions)
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM failed_message"))
    await count("counted", sessions)

    assert figure("tailored_failed", state="dead") == figure("tailored_outbox_age_seconds") == 0
