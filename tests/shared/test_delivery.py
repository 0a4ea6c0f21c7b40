"""The promises that hold on both transports: nothing lost, effect once, order, failures kept and replayed."""

import asyncio

import pytest
from sqlalchemy import text

from shared.errors import NotYetKnown, Refused
from shared.messaging import Heard, Listener, emit, known, repairing, topology
from tests.shared.small import Answered, Told, ToldWrongly, Unheard, hearing, note

RAISE = text("UPDATE aggregate SET number = number + 1 WHERE key = :key")


async def tell(sessions, *events):
    async with sessions.begin() as session:
        return [emit(session, event) for event in events]


async def test_what_is_said_is_handled_and_answered(place, until, effects):
    teller, hearer, teller_db, hearer_db = (
        Listener("teller"),
        Listener("hearer"),
        await place.sessions(),
        await place.sessions(),
    )

    @hearer(Told, order="commutes")
    async def answer_what_was_told(told: Told, session) -> Answered:
        await note(session, told.thing)
        return Answered(thing=told.thing)

    @teller(Answered, order="commutes")
    async def note_the_answer(answered: Answered, session) -> None:
        await note(session, f"answer {answered.thing}")

    async with place.running(hearer, hearer_db), place.running(teller, teller_db):
        await tell(teller_db, Told(thing="a"))
        await until(lambda: effects(teller_db), ["answer a"])

    assert await effects(hearer_db) == ["a"]


async def test_the_envelope_says_what_caused_what(place, until, effects, rows):
    teller, hearer, log = Listener("teller"), Listener("hearer"), Listener("logger")
    teller_db, hearer_db, log_db = [await place.sessions() for _ in range(3)]
    found: list[Heard] = []

    @hearer(Told, order="commutes")
    async def answer_it(told: Told, session) -> Answered:
        return Answered(thing=told.thing)

    @log.everything
    async def write_down(heard: list[Heard], session) -> None:
        found.extend(heard)
        for each in heard:
            await note(session, each.envelope.topic)

    async with place.running(log, log_db), place.running(hearer, hearer_db), place.running(teller, teller_db):
        [first] = await tell(teller_db, Told(thing="a"))
        await until(lambda: effects(log_db), ["teller.told", "teller.answered"])

    told, answered = found
    assert (told.envelope.id, told.envelope.correlation, told.envelope.causation) == (first, first, None)
    assert (answered.envelope.correlation, answered.envelope.causation) == (first, first)
    assert told.data["thing"] == "a"
    assert told.envelope.source == "/tailored/teller"


async def test_a_batch_handler_says_for_each_event_which_message_caused_it(place, until, rows):
    async def answer_all(tellings: list[Told], session) -> list[Answered]:
        return [Answered(thing=told.thing, number=told.number) for told in reversed(tellings)]

    on, sessions, teller_db = hearing(answer_all, batch=True), await place.sessions(), await place.sessions()
    ids = await tell(teller_db, *(Told(thing=f"t{n}", number=n) for n in range(10)))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: rows(sessions, "SELECT count(*) FROM outbox"), [(10,)])

    caused = await rows(sessions, "SELECT causation FROM outbox ORDER BY key")
    assert [cause for (cause,) in caused] == ids


async def test_a_message_delivered_twice_takes_effect_once(place, until, effects, rows):
    async def note_it(told: Told, session) -> Answered:
        await note(session, told.thing)
        return Answered(thing=told.thing)

    on, teller = hearing(note_it), Listener("teller")
    sessions, teller_db = await place.sessions(), await place.sessions()
    async with place.running(on, sessions, "consumer"), place.running(teller, teller_db, "relay"):
        async with teller_db.begin() as session:
            again = emit(session, Told(thing="a"))
        await until(lambda: effects(sessions), ["a"])
        async with teller_db.begin() as session:
            emit(session, Told(thing="a"), message_id=again)
            emit(session, Told(thing="b"))
        await until(lambda: effects(sessions), ["a", "b"])

    assert await rows(sessions, "SELECT count(*) FROM outbox") == [(2,)]


async def test_a_refused_message_is_kept_with_its_reason_and_replayed_repaired(place, until, effects, rows):
    class TooSmall(Refused):
        """The number is too small."""

        code = "E-TEST-1"

    async def take_numbers(told: Told, session) -> None:
        if told.number < 1:
            raise TooSmall(str(told.number))
        await note(session, told.thing, told.number)

    on, sessions, teller_db = hearing(take_numbers), await place.sessions(), await place.sessions()
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        [bad, _] = await tell(teller_db, Told(thing="bad", number=0), Told(thing="good", number=1))
        await until(lambda: effects(sessions), ["good"])
        kept = "SELECT message_id, state, code, reason FROM failed_message"
        await until(lambda: rows(sessions, kept), [(bad, "dead", "E-TEST-1", "The number is too small. 0")])
        async with sessions.begin() as session:
            await repairing.edit_and_replay(
                session, "hearer.take_numbers", bad, {"thing": "bad", "number": 5}
            )
        await until(lambda: effects(sessions), ["good", "bad"])

    assert await rows(sessions, kept) == []
    assert await rows(sessions, "SELECT outcome, attempts FROM inbox ORDER BY attempts") == [
        ("done", 1),
        ("done", 2),
    ]


async def test_a_broken_message_is_kept_and_can_be_archived(place, until, effects, rows):
    async def take(told: Told, session) -> None:
        await note(session, told.thing)

    on, sessions, teller_db = hearing(take), await place.sessions(), await place.sessions()
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        [broken] = await tell(teller_db, ToldWrongly(thing="x", number="many"))
        kept = "SELECT message_id, state, code FROM failed_message"
        await until(lambda: rows(sessions, kept), [(broken, "dead", "E-TLD-BROKEN")])
        async with sessions.begin() as session:
            await repairing.archive(session, "hearer.take", broken)
        await tell(teller_db, Told(thing="next"))
        await until(lambda: effects(sessions), ["next"])

    assert await rows(sessions, kept) == [(broken, "archived", "E-TLD-BROKEN")]


@pytest.mark.parametrize("in_batches", [False, True])
async def test_a_poisoned_message_in_a_batch_of_200_hurts_only_itself(place, until, rows, in_batches):
    async def one(told: Told, session) -> Answered:
        if told.number == 117:
            raise RuntimeError("poison")
        await note(session, told.thing, told.number)
        return Answered(thing=told.thing)

    async def many(tellings: list[Told], session) -> list[Answered]:
        return [await one(told, session) for told in tellings]

    on = hearing(many if in_batches else one, batch=in_batches)
    sessions, teller_db = await place.sessions(), await place.sessions()
    await tell(teller_db, *(Told(thing=f"t{n}", number=n) for n in range(200)))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(
            lambda: rows(sessions, "SELECT count(*), count(DISTINCT number) FROM effect"), [(199, 199)]
        )
        await until(lambda: rows(sessions, "SELECT state, attempts FROM failed_message"), [("retrying", 1)])

    assert await rows(sessions, "SELECT count(*) FROM outbox") == [(199,)]


async def test_one_percent_refused_costs_no_rollback(place, until, rows):
    calls = []

    async def take(told: Told, session) -> None:
        calls.append(told.number)
        if told.number % 100 == 50:
            raise Refused("every hundredth")
        await note(session, told.thing, told.number)

    on, sessions, teller_db = hearing(take), await place.sessions(), await place.sessions()
    await tell(teller_db, *(Told(thing=f"t{n}", number=n) for n in range(300)))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: rows(sessions, "SELECT count(*) FROM effect"), [(297,)])
        await until(
            lambda: rows(sessions, "SELECT count(*) FROM failed_message WHERE state = 'dead'"), [(3,)]
        )

    assert sorted(calls) == list(range(300))


async def test_a_refusal_after_a_write_takes_the_write_back(place, until, rows, effects):
    async def take(told: Told, session) -> None:
        await note(session, told.thing, told.number)
        if told.number == 1:
            raise Refused("too late")

    on, sessions, teller_db = hearing(take), await place.sessions(), await place.sessions()

    async def taken() -> list[int]:  # things of their own: in whatever order
        return sorted(await effects(sessions, "number"))

    await tell(teller_db, *(Told(thing=f"t{n}", number=n) for n in range(3)))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: rows(sessions, "SELECT state FROM failed_message"), [("dead",)])
        await until(taken, [0, 2])


async def test_early_is_not_wrong(place, until, effects, rows):
    on, sessions, teller_db = Listener("hearer"), await place.sessions(), await place.sessions()

    @on(Told, order="commutes")
    async def need_the_answer_first(told: Told, session) -> None:
        if not await session.scalar(text("SELECT 1 FROM effect WHERE what = 'answer'")):
            raise NotYetKnown("answer", told.thing)
        await note(session, told.thing)

    @on(Answered, order="commutes")
    async def keep_the_answer(answered: Answered, session) -> None:
        await note(session, "answer")
        await known(session, "answer", answered.thing)

    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await tell(teller_db, Told(thing="a"))
        kept = "SELECT state, waits_for FROM failed_message"
        await until(lambda: rows(sessions, kept), [("waiting", "answer:a")])
        await tell(teller_db, Answered(thing="a"))
        await until(lambda: effects(sessions), ["answer", "a"])

    assert await rows(sessions, kept) == []


async def test_in_order_parks_a_message_behind_an_older_one_that_failed(place, until, effects, rows):
    broken = [True]

    async def set_state(told: Told, session) -> None:
        if told.number == 5 and broken[0]:
            raise RuntimeError("v5 fails")
        await note(session, told.thing, told.number)

    on, sessions, teller_db = (
        hearing(set_state, order="in_order"),
        await place.sessions(),
        await place.sessions(),
    )
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        [fifth] = await tell(teller_db, Told(thing="k", number=5))
        await until(lambda: rows(sessions, "SELECT state FROM failed_message"), [("retrying",)])
        await tell(
            teller_db, Told(thing="k", number=6), Told(thing="other", number=1), Told(thing="k", number=7)
        )
        states = "SELECT state FROM failed_message ORDER BY sequence"
        await until(lambda: rows(sessions, states), [("retrying",), ("behind",), ("behind",)])
        assert await effects(sessions, "number") == [1]
        broken[0] = False
        async with sessions.begin() as session:
            await repairing.retry(session, "hearer.set_state", fifth)
        await until(lambda: effects(sessions, "number"), [1, 5, 6, 7])

    assert await rows(sessions, states) == []


@pytest.mark.parametrize(("order", "effect"), [("snapshot", [6]), ("commutes", [6, 5])])
async def test_a_stale_message_is_skipped_as_a_snapshot_and_taken_where_it_commutes(
    place, until, effects, rows, order, effect
):
    broken = [True]

    async def set_state(told: Told, session) -> None:
        if told.number == 5 and broken[0]:
            raise RuntimeError("v5 fails")
        await note(session, told.thing, told.number)

    on, sessions, teller_db = (
        hearing(set_state, order=order),
        await place.sessions(),
        await place.sessions(),
    )
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        [fifth] = await tell(teller_db, Told(thing="k", number=5))
        await until(lambda: rows(sessions, "SELECT state FROM failed_message"), [("retrying",)])
        await tell(teller_db, Told(thing="k", number=6))
        await until(lambda: effects(sessions, "number"), [6])
        broken[0] = False
        async with sessions.begin() as session:
            await repairing.retry(session, "hearer.set_state", fifth)
        await until(lambda: rows(sessions, "SELECT count(*) FROM failed_message"), [(0,)])

    assert await effects(sessions, "number") == effect
    outcome = f"SELECT outcome FROM inbox WHERE message_id = '{fifth}'"
    assert await rows(sessions, outcome) == [("done" if 5 in effect else "stale",)]


async def test_what_nobody_hears_is_kept_though_the_log_hears_it(place, until, effects, rows):
    log, log_db, teller_db = Listener("logger"), await place.sessions(), await place.sessions()

    @log.everything
    async def write_down(heard: list[Heard], session) -> None:
        for each in heard:
            await note(session, each.envelope.topic)

    async with place.running(log, log_db), place.running(Listener("teller"), teller_db, "consumer,relay"):
        await tell(teller_db, Unheard(thing="a"))
        await until(lambda: effects(log_db), ["teller.unheard"])
        if place.rabbit:
            import aio_pika

            async def waiting():
                queue = await (await connection.channel()).declare_queue("unrouted", passive=True)
                return queue.declaration_result.message_count

            connection = await aio_pika.connect(place.rabbit)
            async with connection:
                await until(waiting, 1)
        else:
            kept = "SELECT topic FROM arrival WHERE handler = 'unrouted'"
            await until(lambda: rows(teller_db, kept), [("teller.unheard",)])


async def test_an_event_of_200_kib_arrives_whole(place, until, rows):
    async def measure(told: Told, session) -> None:
        await note(session, told.thing, len(told.filler))

    on, sessions, teller_db = hearing(measure), await place.sessions(), await place.sessions()
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await tell(teller_db, *(Told(thing=f"big{n}", filler="字" * 70_000) for n in range(20)))
        await until(lambda: rows(sessions, "SELECT count(*), min(number) FROM effect"), [(20, 70_000)])


async def test_a_handler_that_is_gone_and_comes_back_finds_its_messages(place, until, effects):
    async def take(told: Told, session) -> None:
        await note(session, told.thing)

    sessions, teller_db = await place.sessions(), await place.sessions()
    async with place.running(Listener("teller"), teller_db, "relay"):
        async with place.running(hearing(take), sessions, "consumer"):
            pass
        await tell(teller_db, Told(thing="a"))
        async with place.running(hearing(take), sessions, "consumer"):
            await until(lambda: effects(sessions), ["a"])


async def test_two_batches_that_lock_the_same_rows_in_opposite_order_both_take_effect(place, until, rows):
    async def raise_both(tellings: list[Told], session) -> None:
        for told in tellings:
            for key in told.filler:
                await session.execute(RAISE, {"key": key})
                await asyncio.sleep(0.002)

    on, sessions, teller_db = hearing(raise_both, batch=True), await place.sessions(), await place.sessions()
    async with sessions.begin() as session:
        for key in "ab":
            await session.execute(text("INSERT INTO aggregate VALUES (:key, 0)"), {"key": key})
    tellers = place.running(Listener("teller"), teller_db, "relay")
    async with place.running(on, sessions, "consumer"), place.running(on, sessions, "consumer"), tellers:
        for number in range(20):
            await tell(teller_db, Told(thing=f"t{number}", filler="ab" if number % 2 else "ba"))
        await until(lambda: rows(sessions, "SELECT number FROM aggregate"), [(20,), (20,)], 60)

    assert await rows(sessions, "SELECT count(*) FROM failed_message") == [(0,)]


async def test_what_the_broker_gave_up_is_read_back_and_can_be_replayed(
    database, rabbit, place_with, until, effects, rows
):
    import aio_pika

    async def take(told: Told, session) -> None:
        await note(session, told.thing)

    place, on = place_with(rabbit), hearing(take)
    sessions, teller_db = await place.sessions(), await place.sessions()
    await topology.apply(rabbit, topology.queues_of(on))
    async with place.running(Listener("teller"), teller_db, "relay"):
        [lost] = await tell(teller_db, Told(thing="a"))
        async with await aio_pika.connect(rabbit) as connection:
            queue = await (await connection.channel()).get_queue("hearer.take")
            await until(lambda: _rejected(queue), True)
    async with place.running(on, sessions, "consumer"):
        kept = "SELECT message_id, state, code, topic FROM failed_message"
        await until(lambda: rows(sessions, kept), [(lost, "dead", "E-TLD-FAULT", "teller.told")])
        async with sessions.begin() as session:
            await repairing.retry(session, "hearer.take", lost)
        await until(lambda: effects(sessions), ["a"])


async def _rejected(queue) -> bool:
    message = await queue.get(fail=False)
    if message is not None:
        await message.reject(requeue=False)
    return message is not None
