"""Connecting to SQLite or PostgreSQL by URL, and transactions that are on the disk when they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from photochrom.study.errors import StudyError
from photochrom.study.tables import metadata

BUSY_SECONDS = 30.0  # how long SQLite waits for another process's transaction
CONNECTIONS = 8  # that stay open; as many more may come for a while
CREATING = 0x70686F74  # names the advisory lock under which tables are created: "phot"
FORMS = "give a path for SQLite, or postgresql://USER:PASSWORD@HOST/NAME"


class StoreError(StudyError):
    """A database that cannot be used; the message is one line with what to do."""


class Database:
    """Connections to one database; threads may share it.

    Args:
        url: `postgresql://...`, `sqlite:///FILE`, or the path of a file, which is SQLite's.
        create: make the tables, and SQLite's file, where there are none.
    Raises: StoreError for an address that cannot be read or reached.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        address = _address(url)
        self.is_sqlite = address.get_backend_name() == "sqlite"
        if self.is_sqlite and not create and not Path(address.database or "").is_file():
            raise StoreError(f"{address.database} does not exist; nobody has taken part yet, or it is elsewhere")
        # SQLite lets one transaction write at a time. Threads wait here, because its own waiting is by sleeping.
        self._writing = Lock()
        try:
            self._engine = _sqlite(address) if self.is_sqlite else _postgresql(address)
            if create:
                self._create_tables()
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"the database cannot be opened ({_reason(error)}); {FORMS}") from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that only reads."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, on the disk, when the block ends; nothing where the block raises."""
        if self.is_sqlite:
            with (
                self._writing,
                self._engine.connect() as connection,
                connection.execution_options(photochrom_writes=True).begin(),
            ):
                yield connection
        else:
            with self._engine.begin() as connection:
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _create_tables(self) -> None:
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CREATING})
            metadata.create_all(connection)


def _address(url: str) -> URL:
    if "://" not in url:
        return URL.create("sqlite", database=url)
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreError(f"the database's address cannot be read; {FORMS}") from None
    if backend in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not address.database:
        raise StoreError(f"the database must be SQLite or PostgreSQL, got {backend}; {FORMS}")
    return address


def _postgresql(address: URL) -> Engine:
    return create_engine(address, pool_size=CONNECTIONS, max_overflow=CONNECTIONS, pool_pre_ping=True)


def _sqlite(address: URL) -> Engine:
    engine = create_engine(
        address,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy says when a transaction begins, not Python's driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # an answer is on the disk before its participant is told so
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail where another has written between.
        writes = connection.get_execution_options().get("photochrom_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _reason(error: Exception) -> str:
    """What went wrong, in one line, without the address and its password."""
    if isinstance(error, NoSuchModuleError):
        return "no driver for it is installed"
    if isinstance(error, OperationalError):
        return str(error.orig).strip().splitlines()[0]
    return type(error).__name__
