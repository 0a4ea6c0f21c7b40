"""Timers fire once when business time reaches them; jobs end in the transaction that says what came of them."""

from datetime import date
from uuid import UUID, uuid4

from shared.errors import Refused
from shared.events.gateway import ClockAdvanced
from shared.messaging import Job, Listener, Timer, Work, emit, jobs, schedule
from shared.messaging.clock import advance_clock
from tests.shared.small import Told


def double(number: int) -> int:
    return 2 * number


def counting(number, tell):
    for one in range(number):
        tell(one)
    return "counted"


def boom(number: int) -> int:
    raise ArithmeticError(f"no answer for {number}")


async def test_a_timer_fires_once_when_its_day_has_come(sessions, said):
    on = Listener("teller")

    @on.due
    async def remind(thing: UUID, day: date, session) -> Told:
        assert isinstance(thing, UUID)
        return Told(thing=str(thing), number=day.day)

    thing = uuid4()
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2021, 9, 6)), session)
        session.add(Timer.at(date(2021, 10, 1), remind, thing, date(2021, 10, 3)))

    assert await schedule.fire_due(on, sessions) == 0
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2021, 10, 1)), session)
    assert await schedule.fire_due(on, sessions) == 1
    assert await schedule.fire_due(on, sessions) == 0
    assert await said(sessions) == [Told(thing=str(thing), number=3)]


async def test_a_timer_that_fails_is_tried_again_later_and_says_nothing(sessions, said, rows):
    on = Listener("teller")

    @on.due
    async def fail(session) -> None:
        emit(session, Told(thing="never"))
        raise RuntimeError("broken")

    @on.due
    async def refuse(session) -> None:
        raise Refused("not now")

    async with sessions.begin() as session:
        session.add(Timer.at(date(2021, 10, 1), fail))
        session.add(Timer.at(date(2021, 10, 1), refuse))

    assert await schedule.fire_due(on, sessions) == 2
    assert await said(sessions) == []
    assert await rows(sessions, "SELECT function, attempts FROM timer") == [("fail", 1)]


async def test_a_job_solves_in_a_process_of_its_own_and_says_the_answer(sessions, said, rows):
    on = Listener("teller")

    @on.job
    async def compute(number: int, work: Work) -> None:
        await work.progress(0.5, checkpoint={"half": True})
        answer = await work.solve(double, number)
        async with work.finish() as session:
            emit(session, Told(thing="answer", number=answer))

    async with sessions.begin() as session:
        session.add(Job.to(compute, 21))

    assert await jobs.do_one(on, sessions)
    assert not await jobs.do_one(on, sessions)
    assert await said(sessions) == [Told(thing="answer", number=42)]
    assert await rows(sessions, "SELECT state, progress, attempts FROM job") == [("done", 1.0, 1)]


async def test_a_job_hears_in_order_what_its_heart_tells_before_the_answer(sessions, rows):
    on, heard = Listener("teller"), []

    @on.job
    async def compute(work: Work) -> None:
        answer = await work.solve(counting, 100, hear=heard.append)
        assert heard == list(range(100))
        async with work.finish():
            heard.append(answer)

    async with sessions.begin() as session:
        session.add(Job.to(compute))

    assert await jobs.do_one(on, sessions)
    assert heard == [*range(100), "counted"]
    assert await rows(sessions, "SELECT state FROM job") == [("done",)]


async def test_a_job_that_fails_is_put_back_with_its_reason(sessions, rows):
    on = Listener("teller")

    @on.job
    async def compute(work: Work) -> None:
        await work.solve(boom, 3)

    async with sessions.begin() as session:
        session.add(Job.to(compute))

    assert await jobs.do_one(on, sessions)
    [(state, reason)] = await rows(sessions, "SELECT state, reason FROM job")
    assert state == "waiting"
    assert "no answer for 3" in reason


async def test_a_job_whose_lease_went_to_another_worker_keeps_nothing(sessions, said, rows):
    on = Listener("teller")

    @on.job
    async def compute(work: Work) -> None:
        async with work.transaction() as session:
            from sqlalchemy import text

            await session.execute(text("UPDATE job SET lease = gen_random_uuid()"))
        async with work.finish() as session:
            emit(session, Told(thing="twice"))

    async with sessions.begin() as session:
        session.add(Job.to(compute))

    assert await jobs.do_one(on, sessions)
    assert await said(sessions) == []


async def test_an_expired_lease_is_taken_again(sessions, rows):
    on, done = Listener("teller"), []

    @on.job
    async def compute(work: Work) -> None:
        done.append(await work.checkpoint())

    async with sessions.begin() as session:
        job = Job.to(compute)
        job.state, job.lease, job.checkpoint, job.attempts = "running", uuid4(), [7], 1
        job.lease_until = job.due_at
        session.add(job)

    assert await jobs.do_one(on, sessions)
    assert done == [[7]]
    assert await rows(sessions, "SELECT state, attempts FROM job") == [("done", 2)]
