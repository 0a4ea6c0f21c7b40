"""The sessions of a process on the database of its service."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from shared.settings import Settings


def sessions_of(settings: Settings) -> async_sessionmaker[AsyncSession]:
    """Sessions on a small pool: many services share one machine in the demo."""
    engine = create_async_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=5,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args={"server_settings": {"application_name": "tailored", "jit": "off"}},
    )
    return async_sessionmaker(engine, expire_on_commit=False, info={})
