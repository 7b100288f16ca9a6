"""Accounts and sessions: sign in, keep signed in, sign out, slow down guessing. Knows no pages, no grants, no names of people.

A user is the id of a person of the store. Times are the database's own clock in microseconds (every node agrees on it), never a
place's business time.
"""
from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import sqlalchemy as sa

from adapters.identity import passwords
from engine.refusals import Refused

SECOND = 1_000_000

metadata = sa.MetaData()
_id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
account = sa.Table(
    "account",
    metadata,
    sa.Column("place", _id, primary_key=True),
    sa.Column("user_id", _id, primary_key=True),
    sa.Column("login", _id, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),  # argon2id with its parameters and salt
    sa.Column("closed", sa.Integer, nullable=False),
    sa.UniqueConstraint("place", "login", name="account_login"),
)
session = sa.Table(
    "session",
    metadata,
    sa.Column("place", _id, primary_key=True),
    sa.Column("token_hash", _id, primary_key=True),  # SHA-256; the token itself is only in the cookie
    sa.Column("user_id", _id, nullable=False),
    sa.Column("form_token", _id, nullable=False),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Index("session_user", "place", "user_id"),
)
attempt = sa.Table(
    "sign_in_attempt",
    metadata,
    sa.Column("place", _id, primary_key=True),
    sa.Column("id", _id, primary_key=True),
    sa.Column("login", _id, nullable=False),
    sa.Column("address", _id, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("sign_in_attempt_login", "place", "login", "at"),
    sa.Index("sign_in_attempt_address", "place", "address", "at"),
)


class Store(Protocol):
    """Transactions of the database: `changing` holds the write lock, `reading` changes nothing."""

    def changing(self) -> AbstractContextManager[sa.Connection]: ...
    def reading(self) -> AbstractContextManager[sa.Connection]: ...


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of signing in. All lengths in seconds."""

    idle: int = 30 * 60
    absolute: int = 12 * 3600
    failures: int = 5  # per account within `lock`
    lock: int = 15 * 60
    per_address: int = 30  # tries per minute
    sessions: int = 10  # open at once per person; the oldest ends


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, where. `token` is what the cookie holds, `form_token` what every form of the session must bring."""

    place: str
    user: str
    token: str
    form_token: str


@dataclass(frozen=True, slots=True)
class Account:
    """With which login a person signs in; `closed`: no longer."""

    login: str
    closed: bool


class Identity:
    """Accounts and sessions over one database."""

    def __init__(self, store: Store, policy: Policy = Policy()) -> None:
        self._store = store
        self._policy = policy

    def create_tables(self) -> None:
        """Makes the tables that are missing; safe to repeat."""
        with self._store.changing() as connection:
            metadata.create_all(connection)

    def set_password(self, place: str, user: str, login: str, password: str) -> None:
        """Opens the account of a person, or gives it another login and password; all its sessions end.

        Raises: Refused `identity.password_length` outside 8 to 128 characters, `identity.login_taken`.
        """
        if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
            raise Refused("identity.password_length", shortest=passwords.SHORTEST, longest=passwords.LONGEST)
        row = {"place": place, "user_id": user, "login": login, "password_hash": passwords.hashed(password), "closed": 0}
        with self._store.changing() as connection:
            owner = connection.scalar(sa.select(account.c.user_id).where(account.c.place == place, account.c.login == login))
            if owner not in (None, user):
                raise Refused("identity.login_taken", login=login)
            connection.execute(sa.delete(account).where(*_account_of(place, user)))
            connection.execute(sa.insert(account).values(row))
            connection.execute(_end_all(place, user))

    def account(self, place: str, user: str) -> Account | None:
        """The person's account; None when none was ever opened."""
        with self._store.reading() as connection:
            found = connection.execute(sa.select(account.c.login, account.c.closed).where(*_account_of(place, user))).first()
        return None if found is None else Account(found.login, bool(found.closed))

    def close(self, place: str, user: str) -> None:
        """Closes the account at once: its sessions end, its password no longer signs in."""
        with self._store.changing() as connection:
            connection.execute(sa.update(account).where(*_account_of(place, user)).values(closed=1))
            connection.execute(_end_all(place, user))

    def sign_in(self, place: str, login: str, password: str, address: str) -> Session:
        """A new session for the right name and password.

        Raises: Refused `identity.locked` (too many failures), `identity.too_many` (too many tries from there),
        `identity.wrong` (unknown name, wrong password and closed account look the same and take the same time).
        """
        tried = self._begin_attempt(place, login, address)
        with self._store.reading() as connection:
            wanted = sa.select(account.c.user_id, account.c.password_hash).where(account.c.place == place, account.c.login == login, account.c.closed == 0)
            found = connection.execute(wanted).first()
        if not passwords.matches(found.password_hash if found else None, password) or found is None:
            raise Refused("identity.wrong")
        if passwords.outdated(found.password_hash):
            self._rehash(place, found.user_id, password)
        with self._store.changing() as connection:
            connection.execute(sa.delete(attempt).where(attempt.c.place == place, attempt.c.login == login, attempt.c.at <= tried))
        return self.open_session(place, found.user_id)

    def open_session(self, place: str, user: str) -> Session:
        """A new session without a password: for demo places, and after another proof of identity.

        Raises: Refused `identity.wrong` when the person's account is closed.
        """
        # The place stands in the token, so that the row is found by its key.
        made = Session(place, user, f"{secrets.token_urlsafe(32)}.{place}", secrets.token_hex(32))
        with self._store.changing() as connection:
            if connection.scalar(sa.select(account.c.closed).where(*_account_of(place, user))):
                raise Refused("identity.wrong")
            now = _now(connection)
            self._make_room(connection, place, user)
            connection.execute(sa.delete(session).where(session.c.place == place, session.c.opened_at < now - self._policy.absolute * SECOND))
            row = {"place": place, "token_hash": _digest(made.token), "user_id": user, "form_token": made.form_token, "opened_at": now, "seen_at": now}
            connection.execute(sa.insert(session).values(row))
        return made

    def session(self, token: str) -> Session | None:
        """The session of a cookie's token while it lasts; being seen prolongs the idle limit (written once a minute at most)."""
        with self._store.reading() as connection:
            row = connection.execute(sa.select(session, _clock(connection).label("now")).where(*_session_of(token))).first()
        if row is None or row.now - row.seen_at >= self._policy.idle * SECOND or row.now - row.opened_at >= self._policy.absolute * SECOND:
            return None
        if row.now - row.seen_at >= 60 * SECOND:
            with self._store.changing() as connection:
                connection.execute(sa.update(session).where(*_session_of(token)).values(seen_at=row.now))
        return Session(row.place, row.user_id, token, row.form_token)

    def sign_out(self, token: str) -> None:
        """Ends the session of that token; nothing happens when there is none."""
        with self._store.changing() as connection:
            connection.execute(sa.delete(session).where(*_session_of(token)))

    def _begin_attempt(self, place: str, login: str, address: str) -> int:
        """Counts the try before it is checked, so that parallel guesses cannot slip past the limit; gives its moment."""
        lock = self._policy.lock * SECOND
        with self._store.changing() as connection:
            now = _now(connection)
            connection.execute(sa.delete(attempt).where(attempt.c.place == place, attempt.c.at <= now - max(lock, 60 * SECOND)))
            count = sa.select(sa.func.count(), sa.func.max(attempt.c.at)).where(attempt.c.place == place)
            failed, last = connection.execute(count.where(attempt.c.login == login, attempt.c.at > now - lock)).one()
            if failed >= self._policy.failures:
                raise Refused("identity.locked", minutes=max(1, -(-(last + lock - now) // (60 * SECOND))))
            recent, _ = connection.execute(count.where(attempt.c.address == address, attempt.c.at > now - 60 * SECOND)).one()
            if recent >= self._policy.per_address:
                raise Refused("identity.too_many")
            connection.execute(sa.insert(attempt).values(place=place, id=secrets.token_hex(16), login=login, address=address, at=now))
        return now

    def _make_room(self, connection: sa.Connection, place: str, user: str) -> None:
        mine = sa.select(session.c.token_hash).where(session.c.place == place, session.c.user_id == user)
        surplus = connection.scalars(mine.order_by(session.c.opened_at.desc(), session.c.token_hash).offset(self._policy.sessions - 1)).all()
        if surplus:
            connection.execute(sa.delete(session).where(session.c.place == place, session.c.token_hash.in_(surplus)))

    def _rehash(self, place: str, user: str, password: str) -> None:
        made = passwords.hashed(password)
        with self._store.changing() as connection:
            connection.execute(sa.update(account).where(*_account_of(place, user)).values(password_hash=made))


def _account_of(place: str, user: str) -> tuple[sa.ColumnElement[bool], ...]:
    return account.c.place == place, account.c.user_id == user


def _session_of(token: str) -> tuple[sa.ColumnElement[bool], ...]:
    return session.c.place == token.rpartition(".")[2], session.c.token_hash == _digest(token)


def _end_all(place: str, user: str) -> sa.Delete:
    return sa.delete(session).where(session.c.place == place, session.c.user_id == user)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _clock(connection: sa.Connection) -> sa.ColumnElement[int]:
    """The database's clock as an expression of its dialect."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.func.unixepoch("subsec") * SECOND, sa.BigInteger)
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * SECOND, sa.BigInteger)


def _now(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(_clock(connection))).scalar_one())
