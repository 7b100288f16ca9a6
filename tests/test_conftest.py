"""Tests of what the other tests rest on: the real PostgreSQL, the loopback guard, the seed; none of the product."""

import os
import socket
import subprocess
import sys
import urllib.request

import psycopg
import pytest

from tests import budgets, conftest, order


def test_each_new_database_is_real_and_empty(new_postgres):
    first, second = new_postgres(), new_postgres()

    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE t (x int)")
    with psycopg.connect(second) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 't'").fetchone()
        version = connection.execute("SHOW server_version_num").fetchone()

    assert tables == (0,)
    assert int(version[0]) >= 160000


@pytest.mark.parametrize("url", ["http://example.invalid/", "http://192.0.2.1/", "http://[2001:db8::1]/"])
def test_a_test_cannot_reach_another_machine(url):
    with pytest.raises(AssertionError, match="tests stay on this machine"):
        urllib.request.urlopen(url, timeout=1)


def test_a_test_can_reach_its_own_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            assert client.getpeername() == server.getsockname()


def test_the_seed_is_the_one_in_the_header(seed, pytestconfig):
    assert str(seed) == pytestconfig.option.seed


@pytest.mark.parametrize(("in_ci", "outcome"), [(True, pytest.fail.Exception), (False, pytest.skip.Exception)])
def test_what_the_machine_lacks_is_skipped_here_and_a_failure_in_ci(in_ci, outcome, monkeypatch):
    monkeypatch.setattr(conftest, "IN_CI", in_ci)

    conftest.need("something that is there", True)
    with pytest.raises(outcome, match="something that is not there"):
        conftest.need("something that is not there", False)


def test_a_database_of_the_same_server_has_the_same_address_but_its_name():
    assert conftest.with_database("postgresql://u:@/postgres?host=/tmp/s", "t_1") == "postgresql://u:@/t_1?host=/tmp/s"


def test_every_suite_has_a_budget_and_all_fit_into_a_run():
    suites = {folder.name for folder in conftest.ROOT.joinpath("tests").iterdir() if any(folder.glob("test_*.py"))}

    assert suites - set(budgets.BUDGETS) == set()
    assert sum(budgets.BUDGETS.values()) <= 2 * 15 * 60
    assert budgets.suite("tests/web/test_x.py::test_y[a/b]") == "web"


def test_what_stays_together_is_a_file_and_the_crash_tests_come_first_of_all():
    ids = ["tests/browser/test_b.py::test_1", "tests/web/test_w.py::test_1", "tests/crash/test_a.py::test_1", "tests/crash/test_b.py::test_1[x::y]"]

    assert sorted(ids, key=order.rank) == [ids[2], ids[3], ids[1], ids[0]]
    assert [order.unit(id) for id in ids] == ["tests/browser/test_b.py", "tests/web/test_w.py", "tests/crash", "tests/crash"]


def test_a_file_runs_on_one_worker(tmp_path):
    """With these versions of pytest and pytest-xdist, in a run of its own: the tools' own groups once stopped working without a word."""
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_xdist_make_scheduler\n")
    for name in "abcd":
        (tmp_path / f"test_{name}.py").write_text("import os\nimport pytest\n\n@pytest.mark.parametrize('n', range(6))\n"
                                                  "def test_n(n, tmp_path_factory):\n    print('ran', __name__, os.environ['PYTEST_XDIST_WORKER'])\n")
    said = subprocess.run([sys.executable, "-m", "pytest", "-n2", "-rP", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)], cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(conftest.ROOT)}, capture_output=True, text=True, timeout=120, check=False)

    ran = [line.split()[1:] for line in said.stdout.splitlines() if line.startswith("ran ")]
    assert len(ran) == 24, said.stdout + said.stderr
    assert len({(file, worker) for file, worker in ran}) == 4
