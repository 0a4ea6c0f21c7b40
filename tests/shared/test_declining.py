"""A handler of lists names the events that it declines: they are kept in the batch's own transaction, the rest goes on."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from shared.errors import Declined, NotYetKnown, Refused, for_each
from shared.ids import uuid7
from shared.messaging import Envelope, Listener, emit, known
from shared.messaging.delivery import Delivery
from shared.messaging.inbox import handle
from tests.shared.small import Answered, Told, ToldWrongly, hearing, note

WRITE = "INSERT INTO effect (handler, what, number) SELECT 'note', w, n FROM unnest($1::text[], $2::int[]) AS e (w, n)"
KEPT = "SELECT (convert_from(body, 'UTF8')::json->>'number')::int AS number, state FROM failed_message ORDER BY number"


def number_of(told: Told) -> int:
    if told.number % 100 == 50:
        raise Refused("every hundredth")
    return told.number


async def write(session, tellings):
    things, numbers = [told.thing for told in tellings], [told.number for told in tellings]
    await (await session.connection()).exec_driver_sql(WRITE, (things, numbers))


def deliveries(*tellings: Told) -> list[Delivery]:
    """As a transport would hand them over, in this order."""
    found = []
    for place, told in enumerate(tellings, start=1):
        name, topic, moment = uuid7(), Told.topic(), datetime.now(UTC)
        about = Envelope(name, Told.type_name(), topic, "/teller", told.thing, place, moment, name)
        found.append(Delivery(about, told.model_dump_json().encode()))
    return found


async def tell(sessions, *events):
    async with sessions.begin() as session:
        for event in events:
            emit(session, event)


async def test_refused_events_of_a_list_cost_no_bisection(place, until, rows):
    seen: list[list[int]] = []

    async def take_all(tellings: list[Told], session) -> list[Answered]:
        seen.append([told.number for told in tellings])
        for_each(tellings, number_of)
        await write(session, tellings)
        return [Answered(thing=told.thing, number=told.number) for told in tellings]

    on, sessions, teller_db = hearing(take_all, batch=True), await place.sessions(), await place.sessions()
    await tell(teller_db, *(Told(thing=f"t{n}", number=n) for n in range(300)))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: rows(sessions, KEPT), [(n, "dead") for n in (50, 150, 250)])
        effect = "SELECT count(*), count(DISTINCT number) FROM effect"
        await until(lambda: rows(sessions, effect), [(297, 297)])

    assert await rows(sessions, "SELECT count(*) FROM outbox") == [(297,)]
    times = Counter(number for numbers in seen for number in numbers)
    assert {times[n] for n in (50, 150, 250)} == {1}
    assert max(times.values()) <= 2


async def test_what_a_list_declines_is_kept_in_the_transaction_of_the_rest(place_for, rows):
    async def take_all(tellings: list[Told], session) -> None:
        for_each(tellings, number_of)
        await write(session, tellings)

    sessions = await place_for()
    on = hearing(take_all, batch=True)
    await handle(
        on.handlers["hearer.take_all"],
        deliveries(*(Told(thing="t", number=n) for n in range(200))),
        sessions,
    )

    assert await rows(sessions, KEPT) == [(50, "dead"), (150, "dead")]
    transactions = """SELECT count(DISTINCT x) FROM (SELECT xmin::text x FROM effect UNION ALL
                      SELECT xmin::text FROM failed_message UNION ALL SELECT xmin::text FROM inbox) AS every_row"""
    assert await rows(sessions, transactions) == [(1,)]
    outcomes = "SELECT outcome, count(*) FROM inbox GROUP BY outcome ORDER BY outcome"
    assert await rows(sessions, outcomes) == [("dead", 2), ("done", 198)]


@pytest.mark.parametrize("in_batches", [False, True])
async def test_what_set_based_sql_wrote_before_a_refusal_is_taken_back(place, until, rows, in_batches):
    async def many(tellings: list[Told], session) -> None:
        await write(session, tellings)
        for_each(tellings, number_of)

    async def one(told: Told, session) -> None:
        await write(session, [told])
        number_of(told)

    on = hearing(many if in_batches else one, batch=in_batches)
    sessions, teller_db = await place.sessions(), await place.sessions()
    await tell(teller_db, *(Told(thing="t", number=n) for n in (49, 50, 51)))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: rows(sessions, KEPT), [(50, "dead")])
        await until(lambda: rows(sessions, "SELECT number FROM effect ORDER BY number"), [(49,), (51,)])


async def test_early_events_of_a_list_wait_and_the_rest_takes_effect(place, until, rows, effects):
    async def take_all(tellings: list[Told], session) -> None:
        there = set((await session.scalars(text("SELECT what FROM effect"))).all())

        def known_here(told: Told) -> None:
            if told.thing == "early" and "first" not in there:
                raise NotYetKnown("thing", "first")

        for_each(tellings, known_here)
        await write(session, tellings)

    on, sessions, teller_db = hearing(take_all, batch=True), await place.sessions(), await place.sessions()
    await tell(teller_db, Told(thing="early", number=2), Told(thing="other", number=1))
    async with place.running(on, sessions, "consumer"), place.running(Listener("teller"), teller_db, "relay"):
        await until(lambda: rows(sessions, KEPT), [(2, "waiting")])
        await until(lambda: effects(sessions, "number"), [1])
        async with sessions.begin() as session:
            await note(session, "first", 0)
            await known(session, "thing", "first")
        await until(lambda: effects(sessions, "number"), [1, 0, 2])

    assert await rows(sessions, KEPT) == []


async def test_in_order_what_follows_a_declined_or_broken_event_of_its_key_stays_behind_it(
    place_for, rows, effects
):
    async def take_all(tellings: list[Told], session) -> None:
        for_each(tellings, number_of)
        await write(session, tellings)

    sessions = await place_for()
    first, broken, *others = deliveries(
        Told(thing="k", number=50),
        Told(thing="b", number=0),
        Told(thing="k", number=51),
        Told(thing="b", number=1),
        Told(thing="free", number=2),
    )
    broken.body = ToldWrongly(thing="b", number="0.5").model_dump_json().encode()
    handler = hearing(take_all, batch=True, order="in_order").handlers["hearer.take_all"]
    await handle(handler, [first, broken, *others], sessions)

    states = "SELECT key, state FROM failed_message ORDER BY sequence"
    assert await rows(sessions, states) == [("k", "dead"), ("b", "dead"), ("k", "behind"), ("b", "behind")]
    assert await effects(sessions, "number") == [2]


async def test_who_declines_an_event_that_was_not_given_is_at_fault(place_for, rows, effects):
    async def take_all(tellings: list[Told], session) -> None:
        if any(told.number == 1 for told in tellings):
            raise Declined([(Told(thing="t", number=1), Refused("a copy, not the event itself"))])
        await write(session, tellings)

    sessions = await place_for()
    handler = hearing(take_all, batch=True).handlers["hearer.take_all"]
    await handle(handler, deliveries(*(Told(thing="t", number=n) for n in range(4))), sessions)

    assert await rows(sessions, "SELECT state, code FROM failed_message") == [("retrying", "E-TLD-FAULT")]
    assert sorted(await effects(sessions, "number")) == [0, 2, 3]
