"""What kind of error it was: repeat it unchanged, wait for the database, or keep the message."""

from collections.abc import Sequence

from asyncpg import PostgresError  # type: ignore[import-untyped]
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from shared.errors import NotYetKnown, Refused
from shared.messaging.delivery import Delivery
from shared.messaging.listener import UnknownType

DEADLOCK_OR_SERIALIZATION = {"40P01", "40001", "55P03"}
AWAY = ("08", "57P", "53", "25006")
"""Lost connections, a server that ends or starts, one without room, and one that has become a read-only standby."""


class DatabaseAway(Exception):  # noqa: N818 - it says what happened
    """The database does not answer: pause, and do the same again."""


class NotConfirmed(Exception):  # noqa: N818 - it says what happened
    """The transport refused, returned or did not confirm a batch; all of it is sent again from the outbox."""


class Offence(Exception):  # noqa: N818 - it carries the real error
    """A handler failed; `offenders` are the messages of the batch that it failed at, where they are known."""

    def __init__(
        self, error: BaseException, offenders: Sequence[Delivery] = (), *, inside: bool = False
    ) -> None:
        self.error, self.offenders, self.inside = error, offenders, inside
        super().__init__(repr(error))


def sqlstate(error: BaseException) -> str:
    """The five letters of PostgreSQL, or nothing."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", "") or "")


def is_repeatable(error: BaseException) -> bool:
    """A deadlock or serialisation failure: the same batch again, unchanged."""
    return sqlstate(error) in DEADLOCK_OR_SERIALIZATION


def is_away(error: BaseException, *, inside: bool = False) -> bool:
    """The database, not the message, is the trouble. Inside a handler an OSError may be anything else."""
    if isinstance(error, DBAPIError):
        closed = isinstance(error, InterfaceError) and "closed" in str(error)  # others are faults of our own
        lost = error.connection_invalidated or closed
        return lost or sqlstate(error).startswith(AWAY)
    if isinstance(error, PostgresError):  # of plain statements
        return sqlstate(error).startswith(AWAY)
    return isinstance(error, PoolExhausted | ConnectionError) or (isinstance(error, OSError) and not inside)


def is_final(error: BaseException) -> bool:
    """Trying again cannot help: the message is refused or broken."""
    return isinstance(error, Refused | ValidationError | UnknownType | UnicodeDecodeError)


def is_said_calmly(error: BaseException) -> bool:
    """Errors with which a handler declines before it has written anything."""
    return is_final(error) or isinstance(error, NotYetKnown)
