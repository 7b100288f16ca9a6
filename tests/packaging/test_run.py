"""run.py on small projects of its own: what it asks for, shows and repeats; the whole set-up is proven by every clone that runs these tests."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path):
    """run.py of a project that has its files, but no packages to install."""
    for name in ("run.py", "pyproject.toml", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, text in {"requirements.txt": "a==1\n", "requirements-test.txt": "a==1\nb==2\n", "frontend/build.mjs": "", "adapters/web/static/dist/.stamp": "x"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    spec = importlib.util.spec_from_file_location("run_under_test", tmp_path / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment(run):
    venv.create(run.ENV, with_pip=False)
    run.BANLI.touch()
    return run.ENV


@pytest.fixture
def pip(run, monkeypatch):
    """What pip was asked for; it succeeds at once."""
    asked = []
    monkeypatch.setattr(run, "pip_command", lambda: ["pip"])
    monkeypatch.setattr(run.Step, "carry_out", lambda step, command: asked.append(" ".join(command[-2:])))
    return asked


def test_an_old_python_is_told_what_is_needed(run, monkeypatch, capfd):
    monkeypatch.setattr(run, "OLDEST", (99, 0))

    assert run.main([]) == 1
    assert capfd.readouterr().err.splitlines()[0] == "需要 Python 3.11 或更新的版本"


def test_the_first_set_up_installs_and_the_second_does_nothing(run, environment, pip):
    run.set_up("requirements.txt")
    first = list(pip)
    run.set_up("requirements.txt")

    assert first == ["-r requirements.txt", "-e ."]
    assert pip == first


def test_the_test_tools_bring_the_run_time_with_them(run, environment, pip):
    run.set_up("requirements-test.txt")
    run.set_up("requirements.txt")

    assert pip == ["-r requirements-test.txt", "-e ."]


@pytest.mark.parametrize(
    ("changed", "asked"),
    [("requirements.txt", ["-r requirements.txt"]), ("frontend/build.mjs", ["-e ."]), ("pyproject.toml", ["-e ."])],
)
def test_only_what_changed_is_done_again(changed, asked, run, environment, pip):
    run.set_up("requirements.txt")
    pip.clear()

    (run.HERE / changed).write_text("changed")
    run.set_up("requirements.txt")

    assert pip == asked


@pytest.mark.parametrize("lost", [".venv/bin/banli", "adapters/web/static/dist/.stamp"])
def test_what_was_lost_is_made_again(lost, run, environment, pip):
    run.set_up("requirements.txt")
    pip.clear()

    (run.HERE / lost).unlink()
    run.set_up("requirements.txt")

    assert pip == ["-e ."]


def test_an_interrupted_set_up_goes_on_where_it_stopped(run, environment, pip, monkeypatch):
    installed = run.Step.carry_out

    def fail_on_the_project(step, command):
        if command[-1] == ".":
            raise SystemExit(1)
        installed(step, command)

    monkeypatch.setattr(run.Step, "carry_out", fail_on_the_project)
    with pytest.raises(SystemExit):
        run.set_up("requirements.txt")
    monkeypatch.setattr(run.Step, "carry_out", installed)
    run.set_up("requirements.txt")

    assert pip == ["-r requirements.txt", "-e ."]


def test_an_environment_made_by_hand_is_used_and_a_broken_one_is_not(run):
    assert run.environment_works() is False
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", run.ENV], check=True)
    assert run.environment_works() is True
    run.PYTHON.unlink()
    run.PYTHON.write_text("not a program")
    run.PYTHON.chmod(0o755)
    assert run.environment_works() is False
    run.PYTHON.unlink()
    run.PYTHON.symlink_to("/nonexistent/python3")
    assert run.environment_works() is False


def test_progress_is_shown_in_figures_and_everything_is_kept_in_the_log(run, capfd):
    run.LOG.parent.mkdir()
    child = [sys.executable, "-c", "print('Collecting a==1'); print('Collecting b==2')"]

    run.Step("2/3", "安装", total=3).carry_out(child)

    assert re.sub(r" \d+ s", " N s", capfd.readouterr().out).splitlines() == ["[2/3] 安装 N s", "[2/3] 安装 2/3 N s 完成 · done"]
    assert run.LOG.read_text() == "Collecting a==1\nCollecting b==2\n"


def test_a_failure_shows_the_last_lines_and_the_way_out(run, capfd):
    run.LOG.parent.mkdir()

    with pytest.raises(SystemExit) as ended:
        run.Step("3/3", "构建").carry_out([sys.executable, "-c", "print('npm error'); raise SystemExit(3)"])

    said = capfd.readouterr().err
    assert ended.value.code == 1
    assert said.splitlines()[0] == "npm error"
    assert "全部输出见 var/setup.log" in said


def test_the_stamp_names_what_was_installed(run, environment, pip):
    run.set_up("requirements-test.txt")

    assert sorted(json.loads(run.STAMP.read_text())) == ["project", "requirements-test.txt", "requirements.txt"]
