"""Messages are read past the library, and nothing else is: whatever it needs still reaches it, in order."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from uuid import UUID, uuid4

import aio_pika
import pytest
from aiormq import spec
from aiormq.connection import FrameReceiver
from aiormq.exceptions import AMQPConnectionError, ProtocolSyntaxError
from hypothesis import given
from hypothesis import strategies as st
from pamqp import body, frame, header, heartbeat

from shared.messaging.envelope import Envelope, attributes
from shared.messaging.publish import Publisher
from shared.messaging.reading import LARGEST, PATIENCE, Frames, ReadByHand, Socket, Way
from shared.messaging.wire import MOST_LAYOUTS, layouts, published, received, walked

OURS, THEIRS = 2, 3
words = st.text(max_size=20)


def envelope(key: str = "k", **more: str) -> Envelope:
    return Envelope(uuid4(), "t.v1", "t", "/s", key, 1, datetime.now(UTC), uuid4(), extensions=more)


def parts_of(told: Envelope, sent: bytes, number: int = OURS, largest: int = 60) -> list[bytes]:
    """The content frames as a broker hands them on: those that were published."""
    found, cut = published(told, sent, number, b"\x00", largest), []
    while found:
        size = 8 + int.from_bytes(found[3:7])
        cut.append(found[:size])
        found = found[size:]
    return cut[1:]


def deliver(tag: int, number: int = OURS) -> bytes:
    return frame.marshal(
        spec.Basic.Deliver(consumer_tag="c", delivery_tag=tag, exchange="e", routing_key="r"), number
    )


class Chunks:
    """A socket from which a read brings one chunk."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = iter(chunks)

    async def read(self, _: int) -> bytes:
        return next(self._chunks, b"")


async def through(chunks: list[bytes], way: Way, quiet: float = 60.0) -> list[object]:
    """What the library reads of these bytes, until they end."""
    frames = Frames(Chunks(chunks), quiet)  # type: ignore[arg-type]
    frames.ways[OURS] = way
    library, left = FrameReceiver(frames), []  # type: ignore[arg-type]
    with pytest.raises((AMQPConnectionError, StopAsyncIteration)):
        while True:
            left.append((await library.get_frame())[1:])
    return left


def way_of(*, closed: bool = False) -> tuple[Way, list]:
    taken: list = []
    return Way(SimpleNamespace(is_closed=closed), lambda _, *message: taken.append(message)), taken


@pytest.mark.parametrize("body", [b"", b"x" * 300_000])
def test_a_broker_without_a_limit_gets_a_body_in_one_frame(body):
    header, *bodies = parts_of(envelope(), body, largest=0)

    assert received(header[7:-1])[0] == len(body)
    assert b"".join(one[7:-1] for one in bodies) == body


@given(st.lists(st.binary(max_size=150), min_size=1, max_size=6), st.integers(1, 200))
def test_messages_are_whole_and_in_order_however_the_bytes_come(bodies, chunk):
    way, taken = way_of()
    sent, told = b"", envelope()
    for tag, one in enumerate(bodies, 1):
        between = frame.marshal(heartbeat.Heartbeat(), 0)
        sent += between + deliver(tag) + b"".join(parts_of(told, one))
        sent += frame.marshal(spec.Basic.CancelOk("c"), THEIRS)
    chunks = [sent[start : start + chunk] for start in range(0, len(sent), chunk)]

    left = asyncio.run(through(chunks, way))

    assert taken == [
        (tag, "r", attributes(told.headers()), str(told.id), one) for tag, one in enumerate(bodies, 1)
    ]
    assert [type(one).__name__ for number, one in left if number == THEIRS] == ["CancelOk"] * len(bodies)
    assert all(isinstance(one, heartbeat.Heartbeat) for number, one in left if number == 0)
    assert OURS not in {number for number, _ in left}


@given(st.integers(1, 3), st.integers(1, 200))
def test_a_message_with_a_frame_of_something_else_inside_goes_to_the_library_whole(place, chunk):
    way, taken = way_of()
    frames = [deliver(1), *parts_of(envelope(), b"x" * 55)]
    frames.insert(place, frame.marshal(heartbeat.Heartbeat(), 0))
    sent = b"".join(frames)

    left = asyncio.run(through([sent[start : start + chunk] for start in range(0, len(sent), chunk)], way))

    assert taken == []
    assert [type(one).__name__ for number, one in left if number == OURS] == [
        "Deliver",
        "ContentHeader",
        "ContentBody",
        "ContentBody",
    ]
    assert [number for number, _ in left].count(0) == 1


@given(words, words, st.binary(max_size=300))
def test_what_is_written_is_read_again(key, extension, sent):
    told = envelope(key, externalid=extension)
    size, found, message_id = received(parts_of(told, sent, largest=4096)[0][7:-1])
    assert (size, found, UUID(message_id)) == (len(sent), attributes(told.headers()), told.id)


@pytest.mark.parametrize(
    "properties",
    [
        spec.Basic.Properties(message_id="x", headers={"x-death": [{"count": 1}]}),
        spec.Basic.Properties(
            content_type="application/json",
            headers={"n": 1},
            delivery_mode=2,
            message_id="x",
            message_type="t",
        ),
    ],
)
async def test_a_message_that_is_not_written_as_ours_goes_to_the_library_whole(properties):
    way, taken = way_of()
    about = frame.marshal(header.ContentHeader(body_size=2, properties=properties), OURS)
    strange = deliver(1) + about + frame.marshal(body.ContentBody(b"hi"), OURS)
    later = deliver(2) + b"".join(parts_of(envelope(), b"later"))

    left = await through([strange + later], way)

    assert [type(one).__name__ for _, one in left][:3] == ["Deliver", "ContentHeader", "ContentBody"]
    assert [one.delivery_tag for _, one in left if isinstance(one, spec.Basic.Deliver)] == [1, 2]
    assert taken == []


async def test_nothing_of_a_closed_channel_is_taken():
    way, taken = way_of(closed=True)
    left = await through([deliver(1) + b"".join(parts_of(envelope(), b"x"))], way)
    assert (taken, len(left)) == ([], 3)


async def test_a_connection_that_only_brings_messages_shows_signs_of_life():
    way, taken = way_of()
    whole = [deliver(tag) + b"".join(parts_of(envelope(), b"x")) for tag in (1, 2)]
    left = await through(whole, way, quiet=-1.0)
    assert len(taken) == 2
    assert {type(one).__name__ for _, one in left} == {"Heartbeat"}


async def test_the_last_words_of_a_broker_reach_the_library():
    reader = asyncio.StreamReader()
    reader.feed_data(b"AMQP\x00\x00\x09\x01")
    reader.feed_eof()
    with pytest.raises(ProtocolSyntaxError):
        await FrameReceiver(Frames(reader)).get_frame()


async def test_a_message_waits_for_those_that_the_library_still_holds():
    way, taken = way_of()
    way.newest = 1
    sent = b"".join(deliver(tag) + b"".join(parts_of(envelope(), b"x")) for tag in (3, 4))
    reading = asyncio.create_task(through([sent], way))
    for _ in range(PATIENCE // 2):
        await asyncio.sleep(0)
    assert taken == []
    way.newest = 2
    assert await reading == []
    assert [tag for tag, *_ in taken] == [3, 4]


async def test_after_such_a_wait_the_rest_of_a_message_is_read():
    way, taken = way_of()
    way.newest = 1
    begun, *parts, last = deliver(3), *parts_of(envelope(), b"x" * 100)
    reading = asyncio.create_task(through([begun + b"".join(parts), last], way))
    for _ in range(PATIENCE // 2):
        await asyncio.sleep(0)
    way.newest = 2
    async with asyncio.timeout(5):
        assert await reading == []
    assert [(tag, sent) for tag, *_, sent in taken] == [(3, b"x" * 100)]


async def test_many_that_are_the_librarys_do_not_close_the_way_for_ours():
    way, taken = way_of()
    again = spec.Basic.Properties(message_id="x", headers={"x-delivery-count": 1})
    theirs = frame.marshal(header.ContentHeader(body_size=0, properties=again), OURS)
    count = 2 * PATIENCE
    sent = b"".join(deliver(tag) + theirs for tag in range(1, count + 1))
    sent += deliver(count + 1) + b"".join(parts_of(envelope(), b"x"))
    frames = Frames(Chunks([sent]))  # type: ignore[arg-type]
    frames.ways[OURS] = way
    library = FrameReceiver(frames)  # type: ignore[arg-type]

    async def hand_over(tag: int) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        way.newest = tag

    handing = []
    with pytest.raises((AMQPConnectionError, StopAsyncIteration)):
        while True:
            *_, one = await library.get_frame()
            if isinstance(one, spec.Basic.Deliver):
                handing.append(asyncio.create_task(hand_over(one.delivery_tag)))
    assert len(handing) == count
    assert [tag for tag, *_ in taken] == [count + 1]


async def test_a_body_in_many_frames_is_waited_for_and_a_huge_one_is_the_librarys():
    way, taken = way_of()
    frames = [deliver(1), *parts_of(envelope(), b"x" * (LARGEST + 1), largest=1 << 17)]

    left = await through(frames, way)

    assert taken == []
    assert sum(len(one.value) for _, one in left if isinstance(one, body.ContentBody)) == LARGEST + 1
    way, taken = way_of()
    assert await through([deliver(1), *parts_of(envelope(), b"x" * LARGEST, largest=1 << 17)], way) == []
    assert [len(sent) for *_, sent in taken] == [LARGEST]


async def test_where_the_library_dropped_one_the_others_come_its_way():
    way, taken = way_of()
    left = await through(
        [b"".join(deliver(tag) + b"".join(parts_of(envelope(), b"x")) for tag in (3, 4))], way
    )
    assert [one.delivery_tag for _, one in left if isinstance(one, spec.Basic.Deliver)] == [3, 4]
    assert taken == []


async def test_after_the_first_message_the_library_hands_over_no_more(rabbit, until):
    socket, by_library, taken = Socket(rabbit), [], []
    ways: list[Way] = []

    async def consume(message) -> None:
        by_library.append(message.delivery_tag)
        ways.append(socket.open(message.channel, lambda _, tag, *__: taken.append(tag)))
        ways[-1].newest = message.delivery_tag

    async def counted():
        return len(by_library), taken

    connection = await aio_pika.connect_robust(rabbit, connection_class=partial(ReadByHand, socket=socket))
    publisher = Publisher(rabbit, "straight", "test")
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("straight", aio_pika.ExchangeType.FANOUT)
        queue = await channel.declare_queue("straight")
        await queue.bind(exchange)
        await queue.consume(consume, no_ack=True)
        await publisher.connect()
        await publisher.publish([(envelope(), b"first")])
        await until(counted, (1, []))
        await publisher.publish([(envelope(), b"x" * 200_000), *((envelope(), b"later") for _ in range(100))])
        await until(counted, (1, list(range(2, 103))))
        await publisher.publish(
            [(envelope(), b"x" * (2 * LARGEST)), *((envelope(), b"after") for _ in range(9))]
        )
        await until(counted, (2, [*range(2, 103), *range(104, 113)]))
    await publisher.drop()


@given(st.data())
def test_a_header_that_is_broken_anywhere_goes_the_librarys_way_or_is_read_as_it_stands(data):
    whole = bytearray(parts_of(envelope(externalid="e"), b"{}", largest=4096)[0][7:-1])
    layouts.clear()
    received(bytes(whole))
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
        whole[at] = data.draw(st.integers(0, 255))
    broken = bytes(whole[: data.draw(st.integers(len(whole) - 1, len(whole)))])

    found = outcome(received, broken)  # as the one before was laid out, where it still is

    assert found == outcome(walked, broken)
    assert found is None or all(isinstance(one, str) for pair in found[1].items() for one in pair)


def outcome(read, payload: bytes):
    try:
        return read(payload)
    except ValueError:
        return None


def test_headers_of_every_length_are_read_and_not_all_remembered():
    layouts.clear()
    for length in range(2 * MOST_LAYOUTS):
        told = envelope(externalid="e" * length)
        assert received(parts_of(told, b"", largest=9000)[0][7:-1])[1] == attributes(told.headers())
    assert len(layouts) == MOST_LAYOUTS
    layouts.clear()


def test_an_attribute_that_stands_twice_counts_as_it_does_for_the_library():
    told = envelope(Type="t.v2", SUBJECT="another")
    payload = parts_of(told, b"", largest=4096)[0][7:-1]
    layouts.clear()
    assert [received(payload)[1] for _ in range(2)] == [attributes(told.headers())] * 2
