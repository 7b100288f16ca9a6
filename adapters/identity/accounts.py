"""Accounts and sessions in the database: sign in, keep signed in, sign out, slow down guessing. Knows no pages and no grants.

Times are the database's own clock in whole seconds (every node agrees on it), never a place's business time.
"""
from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from adapters.identity import passwords
from engine.refusals import Refused

metadata = sa.MetaData()

account = sa.Table(
    "account",
    metadata,
    sa.Column("place", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.String(64), primary_key=True),
    sa.Column("login", sa.String(64), nullable=False),
    sa.Column("password", sa.String(200)),  # argon2id with its parameters; NULL: cannot sign in with a password
    sa.Column("disabled", sa.Integer, nullable=False, default=0),
    sa.UniqueConstraint("place", "login"),
)
session = sa.Table(
    "signed_in",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the token; the token itself is only in the cookie
    sa.Column("place", sa.String(64), nullable=False),
    sa.Column("user_id", sa.String(64), nullable=False),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Index("signed_in_by_user", "place", "user_id"),
)
attempt = sa.Table(
    "sign_in_attempt",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("place", sa.String(64), nullable=False),
    sa.Column("login", sa.String(64), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("attempt_by_login", "place", "login", "at"),
    sa.Index("attempt_by_address", "address", "at"),
)


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
    """Who is signed in, where. `token` is the secret of the cookie."""

    place: str
    user: str
    token: str
    opened_at: int


class Identity:
    """Accounts and sessions over one database."""

    def __init__(self, engine: sa.Engine, policy: Policy = Policy()) -> None:
        self._engine = engine
        self._policy = policy

    def create_tables(self) -> None:
        """Makes the tables that are missing; safe to repeat."""
        metadata.create_all(self._engine)

    def set_password(self, place: str, user: str, login: str, password: str) -> None:
        """Creates the account or gives it another password and login; all its sessions end.

        Raises: Refused `identity.password_length` outside 8 to 128 characters, `identity.login_taken`.
        """
        if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
            raise Refused("identity.password_length", shortest=passwords.SHORTEST, longest=passwords.LONGEST)
        made = passwords.hashed(password)
        mine = (account.c.place == place, account.c.user_id == user)
        with self._engine.begin() as connection:
            owner = connection.scalar(sa.select(account.c.user_id).where(account.c.place == place, account.c.login == login))
            if owner not in (None, user):
                raise Refused("identity.login_taken", login=login)
            changed = connection.execute(sa.update(account).where(*mine).values(login=login, password=made, disabled=0))
            if not changed.rowcount:
                connection.execute(sa.insert(account).values(place=place, user_id=user, login=login, password=made, disabled=0))
            connection.execute(_sessions_of(place, user))

    def disable(self, place: str, user: str) -> None:
        """Closes the account at once: its sessions end, its password no longer signs in."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(account).where(account.c.place == place, account.c.user_id == user).values(disabled=1))
            connection.execute(_sessions_of(place, user))

    def sign_in(self, place: str, login: str, password: str, address: str) -> Session:
        """A new session for the right name and password.

        Raises: Refused `identity.locked` (too many failures), `identity.too_many` (too many tries from there),
        `identity.wrong` (unknown name, wrong password and closed account look the same and take the same time).
        """
        tried = self._begin_attempt(place, login, address)
        with self._engine.connect() as connection:
            found = connection.execute(
                sa.select(account.c.user_id, account.c.password).where(account.c.place == place, account.c.login == login, account.c.disabled == 0)
            ).first()
        if not passwords.matches(found.password if found else None, password) or found is None:
            raise Refused("identity.wrong")
        if passwords.outdated(found.password):
            self._rehash(place, found.user_id, password)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(attempt).where(attempt.c.place == place, attempt.c.login == login[:64], attempt.c.at <= tried))
        return self.open_session(place, found.user_id)

    def open_session(self, place: str, user: str) -> Session:
        """A new session without a password: for demo places, and after another proof of identity."""
        token = secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            now = _now(connection)
            if connection.scalar(sa.select(account.c.disabled).where(account.c.place == place, account.c.user_id == user)):
                raise Refused("identity.wrong")
            self._make_room(connection, place, user)
            connection.execute(sa.delete(session).where(session.c.opened_at < now - self._policy.absolute))
            connection.execute(sa.insert(session).values(digest=_digest(token), place=place, user_id=user, opened_at=now, seen_at=now))
        return Session(place, user, token, now)

    def session(self, token: str) -> Session | None:
        """The session of a cookie's token while it lasts; being seen prolongs the idle limit (written once a minute at most)."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(session, _clock(connection).label("now")).where(session.c.digest == _digest(token))).first()
        if row is None or row.now - row.seen_at >= self._policy.idle or row.now - row.opened_at >= self._policy.absolute:
            return None
        if row.now - row.seen_at >= 60:
            with self._engine.begin() as connection:
                connection.execute(sa.update(session).where(session.c.digest == row.digest).values(seen_at=row.now))
        return Session(row.place, row.user_id, token, row.opened_at)

    def sign_out(self, token: str) -> None:
        """Ends the session of that token; nothing happens when there is none."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(session).where(session.c.digest == _digest(token)))

    def _begin_attempt(self, place: str, login: str, address: str) -> int:
        """Counts the try before it is checked, so that parallel guesses cannot slip past the limit; gives its moment."""
        login = login[:64]
        with self._engine.begin() as connection:
            now = _now(connection)
            connection.execute(sa.delete(attempt).where(attempt.c.at <= now - max(self._policy.lock, 60)))
            count = sa.select(sa.func.count(), sa.func.max(attempt.c.at)).select_from(attempt)
            failed, last = connection.execute(count.where(attempt.c.place == place, attempt.c.login == login, attempt.c.at > now - self._policy.lock)).one()
            if failed >= self._policy.failures:
                raise Refused("identity.locked", minutes=max(1, -(-(last + self._policy.lock - now) // 60)))
            recent, _ = connection.execute(count.where(attempt.c.address == address, attempt.c.at > now - 60)).one()
            if recent >= self._policy.per_address:
                raise Refused("identity.too_many")
            connection.execute(sa.insert(attempt).values(id=secrets.token_hex(16), place=place, login=login, address=address[:64], at=now))
        return now

    def _make_room(self, connection: sa.Connection, place: str, user: str) -> None:
        mine = sa.select(session.c.digest).where(session.c.place == place, session.c.user_id == user)
        surplus = connection.scalars(mine.order_by(session.c.opened_at.desc(), session.c.digest).offset(self._policy.sessions - 1)).all()
        if surplus:
            connection.execute(sa.delete(session).where(session.c.digest.in_(surplus)))

    def _rehash(self, place: str, user: str, password: str) -> None:
        with self._engine.begin() as connection:
            made = passwords.hashed(password)
            connection.execute(sa.update(account).where(account.c.place == place, account.c.user_id == user).values(password=made))


def _sessions_of(place: str, user: str) -> sa.Delete:
    return sa.delete(session).where(session.c.place == place, session.c.user_id == user)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _clock(connection: sa.Connection) -> sa.ColumnElement[int]:
    """The database's clock in seconds since 1970, as an expression of its dialect."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.func.strftime("%s", "now"), sa.BigInteger)
    return sa.cast(sa.func.floor(sa.extract("epoch", sa.func.clock_timestamp())), sa.BigInteger)


def _now(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(_clock(connection))).scalar_one())
