"""What fails in a way that nobody foresaw: kept where it was, told to the operator, and tried again."""

import logging

import aio_pika
import pytest
from sqlalchemy import text

from shared.messaging import Listener
from shared.messaging.topology import DEAD_LETTERS
from tests.shared.small import Told, hearing, note
from tests.shared.test_delivery import tell

FAILED = "SELECT count(*) FROM failed_message"


async def rename(sessions, table: str, name: str) -> None:
    async with sessions.begin() as session:
        await session.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


@pytest.fixture
def lines(caplog):
    """Whether there are log lines that begin so."""
    caplog.set_level(logging.WARNING)

    def there(beginning: str):
        async def read() -> bool:
            return any(line.getMessage().startswith(beginning) for line in caplog.records)

        return read

    return there


async def test_a_batch_that_cannot_even_be_kept_as_failed_stays_and_is_tried_again(
    place, until, effects, rows, lines
):
    failures = [ZeroDivisionError("a mistake of ours")] * 3

    async def take(told: Told, session) -> None:
        if failures:
            raise failures.pop()
        await note(session, told.thing)

    hearer_db, teller_db = await place.sessions(), await place.sessions()
    async with (
        place.running(hearing(take), hearer_db, "consumer"),
        place.running(Listener("teller"), teller_db, "relay"),
    ):
        await rename(hearer_db, "failed_message", "nowhere")
        await tell(teller_db, Told(thing="a"))
        await until(lines("batch_failed hearer.take"), True)
        await rename(hearer_db, "nowhere", "failed_message")
        await until(lambda: effects(hearer_db), ["a"])

    assert await rows(hearer_db, FAILED) == [(0,)]


async def test_a_dead_letter_that_cannot_be_kept_yet_is_not_given_back_until_it_is_dropped(
    place_with, rabbit, until, rows, lines, delivery_limit
):
    async def take(told: Told, session) -> None:
        await note(session, told.thing)

    place = place_with(rabbit)
    sessions = await place.sessions()
    await delivery_limit(0)
    async with (
        place.running(hearing(take), sessions, "consumer"),
        await aio_pika.connect(rabbit) as connection,
    ):
        await rename(sessions, "failed_message", "nowhere")
        exchange = await (await connection.channel()).get_exchange(DEAD_LETTERS)
        await exchange.publish(aio_pika.Message(b"{}", message_id="m"), routing_key="hearer.take")
        await until(lines("dead_letter_waits hearer m"), True)
        await rename(sessions, "nowhere", "failed_message")
        await until(lambda: rows(sessions, FAILED), [(1,)])
