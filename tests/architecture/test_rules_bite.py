"""Every house rule is shown a small project that breaks it and must name exactly the broken line; says nothing of the real project."""

import json

import pytest

from tests.architecture import rules

GOOD_LOCK = "lxml==6.1.3 \\\n    --hash=sha256:aa\n"
GOOD_TEST_LOCK = GOOD_LOCK + "pytest==9.2.0 \\\n    --hash=sha256:bb\n"
PYPROJECT = '[project]\ndependencies = ["lxml==6.1.3"]\n[dependency-groups]\ntest = ["pytest==9.2.0"]\n'
TRAP = rules.TRAP


def manifest(version="1.0.0"):
    return json.dumps({"dependencies": {"a": version}})


def package_lock(version="1.0.0", **entry):
    return json.dumps({"packages": {"": {"dependencies": {"a": version}}, "node_modules/a": {"integrity": "sha512-x", **entry}}})


SOUND = {
    "pyproject.toml": PYPROJECT,
    "requirements.txt": GOOD_LOCK,
    "requirements-test.txt": GOOD_TEST_LOCK,
    "frontend/package.json": manifest(),
    "frontend/package-lock.json": package_lock(),
    "frontend/src/site.ts": "// Comforts; decides nothing.\n",
    "engine/__init__.py": '"""The engine."""\nfrom datetime import datetime, time\nimport re\nfrom lxml import etree\nfrom forms import read\nfrom . import graph\n',
    "engine/feel/text.py": '"""Texts."""\nimport re2\nfrom engine.refusals import Refused\n\nnow = {"now": 1}["now"]\n',
    "forms/__init__.py": '"""Forms."""\nimport yaml\nfrom engine.refusals import Finding\n',
    "adapters/__init__.py": '"""Adapters."""\n',
    "adapters/system.py": '"""The root."""\nfrom adapters.web import pages\nfrom adapters.database import store\n',
    "adapters/web/app.py": '"""The factory."""\nfrom adapters.system import build\nfrom adapters.locale import say\nfrom . import pages\n',
    "adapters/web/pages.py": '"""Pages."""\nfrom adapters.web import forms\nfrom engine import commands\nfrom datetime import datetime\n\n\ndef at():\n    return datetime.now()\n',
    "adapters/cli/main.py": '"""Commands."""\nfrom adapters.system import build\n\n\ndef serve():\n    from adapters.web.app import create_app\n',
    "adapters/spiff/run.py": '"""Second engine."""\nfrom SpiffWorkflow.bpmn import workflow\n',
    "adapters/locale/tasks.py": '"""Words."""\nZH = {"task.closed": "任务{task}已办结"}\nEN = {"task.closed": "task {task} is closed", "待办{n}": "inbox {n}"}\n',
    "processes/a/package.yaml": f"name: a\nquote: 按{TRAP}办法\ntitle: 依据《评比达标{TRAP}活动管理办法》\n",
    "docs/words.md": f"我们说评选，不说「{TRAP}」。\n",
}

BROKEN = [
    ("pure_rooms_import_only_what_they_may", "engine/x.py", '"""X."""\nimport sqlalchemy\n', "engine/x.py:2: engine must not import sqlalchemy"),
    ("pure_rooms_import_only_what_they_may", "engine/x.py", '"""X."""\ndef f():\n    from adapters import system\n', "engine/x.py:3: engine must not import adapters.system"),
    ("pure_rooms_import_only_what_they_may", "engine/x.py", '"""X."""\nfrom random import random\n', "engine/x.py:2: random is a clock, dice or a cable"),
    ("pure_rooms_import_only_what_they_may", "forms/x.py", '"""X."""\nfrom engine.execution import rows\n', "forms/x.py:2: forms must not import engine.execution.rows"),
    ("pure_rooms_call_nothing_impure", "engine/x.py", '"""X."""\nimport datetime\nd = datetime.datetime.now()\n', "engine/x.py:3: datetime.now() reads a clock, throws dice or touches the machine"),
    ("pure_rooms_call_nothing_impure", "engine/x.py", '"""X."""\nd = date.today()\n', "engine/x.py:2: date.today() reads a clock, throws dice or touches the machine"),
    ("pure_rooms_call_nothing_impure", "forms/x.py", '"""X."""\ntext = open("a").read()\n', "forms/x.py:2: open() reads a clock, throws dice or touches the machine"),
    ("pure_rooms_call_nothing_impure", "engine/x.py", '"""X."""\nimport uuid\nid = uuid.uuid4()\n', "engine/x.py:3: uuid4() reads a clock, throws dice or touches the machine"),
    ("adapters_keep_apart", "adapters/web/x.py", '"""X."""\nfrom adapters.database import store\n', "adapters/web/x.py:2: adapters.web must not import adapters.database.store"),
    ("adapters_keep_apart", "adapters/web/x.py", '"""X."""\nfrom ..database import store\n', "adapters/web/x.py:2: adapters.web must not import adapters.database.store"),
    ("adapters_keep_apart", "adapters/web/x.py", '"""X."""\nfrom adapters import database\n', "adapters/web/x.py:2: adapters.web must not import adapters.database"),
    ("adapters_keep_apart", "adapters/cli/x.py", '"""X."""\nfrom adapters.web import pages\n', "adapters/cli/x.py:2: adapters.cli must not import adapters.web.pages"),
    ("adapters_keep_apart", "adapters/database/x.py", '"""X."""\nfrom adapters.web.app import create_app\n', "adapters/database/x.py:2: adapters.database must not import adapters.web.app.create_app"),
    ("adapters_keep_apart", "adapters/database/x.py", '"""X."""\nimport adapters.system\n', "adapters/database/x.py:2: only entry points import adapters.system"),
    ("adapters_keep_apart", "adapters/locale/x.py", '"""X."""\nfrom adapters.web import pages\n', "adapters/locale/x.py:2: adapters.locale must not import adapters.web.pages"),
    ("only_the_spiff_adapter_imports_spiffworkflow", "adapters/cli/x.py", '"""X."""\nimport SpiffWorkflow\n', "adapters/cli/x.py:2: only adapters/spiff imports SpiffWorkflow"),
    ("processes_are_data", "processes/a/x.py", '"""X."""\n', "processes/a/x.py: processes/ holds data, no program"),
    ("modules_say_what_they_are", "adapters/web/x.py", "import re\n", "adapters/web/x.py: the first line is not a docstring that says what the module is"),
    ("modules_say_what_they_are", "tests/test_x.py", '\n"""X."""\n', "tests/test_x.py: the first line is not a docstring that says what the module is"),
    ("modules_say_what_they_are", "frontend/src/x.ts", "export {};\n", "frontend/src/x.ts: the first line is not a comment that says what the island is"),
    ("no_machine_paths", "docs/x.md", "see /wo" "rk/shared\n", "docs/x.md:1: a path of one machine: see /wo" "rk/shared"),
    ("no_download_addresses", "docs/x.md", "https://regi" "stry.example.org/a\n", "docs/x.md:1: a download address: https://regi" "stry.example.org/a"),
    ("no_download_addresses", "run.sh", "pip install --index" "-url x\n", "run.sh:1: a download address: pip install --index" "-url x"),
    ("nothing_unfinished", "adapters/web/x.py", '"""X."""\n# TO' "DO later\n", "adapters/web/x.py:2: unfinished: # TO" "DO later"),
    ("locks_are_complete", "requirements-test.txt", GOOD_LOCK + "pytest==9.1.0 \\\n    --hash=sha256:bb\n", "requirements-test.txt: pytest==9.2.0 of pyproject.toml is not locked"),
    ("locks_are_complete", "requirements-test.txt", GOOD_LOCK + "pytest==9.2.0\n", "requirements-test.txt: pytest==9.2.0 has no hash"),
    ("locks_are_complete", "requirements-test.txt", "pytest==9.2.0 \\\n    --hash=sha256:bb\n", "requirements-test.txt: lxml is not the 6.1.3 of requirements.txt"),
    ("locks_are_complete", "requirements.txt", "# from https://example.org\n" + GOOD_LOCK, "requirements.txt: an address"),
    ("front_end_is_pinned", "frontend/package.json", manifest("^1.0.0"), ("frontend/package.json: a ^1.0.0 is not one exact version", "frontend/package-lock.json: made for another package.json")),
    ("front_end_is_pinned", "frontend/package-lock.json", package_lock(resolved="x"), "frontend/package-lock.json: node_modules/a has an address"),
    ("front_end_is_pinned", "frontend/package-lock.json", package_lock("2.0.0"), "frontend/package-lock.json: made for another package.json"),
    ("catalogues_agree", "adapters/locale/x.py", '"""X."""\nZH = {"a": "甲"}\nEN = {}\n', "adapters/locale/x.py: a has no English"),
    ("catalogues_agree", "adapters/locale/x.py", '"""X."""\nZH = {}\nEN = {"a": "A"}\n', "adapters/locale/x.py: a has no Chinese"),
    ("catalogues_agree", "adapters/locale/x.py", '"""X."""\nZH = {"a": "{n}名"}\nEN = {"a": "{m}"}\n', "adapters/locale/x.py: a: the placeholders differ: ['n'] and ['m']"),
    ("catalogues_agree", "adapters/locale/x.py", '"""X."""\nZH = {}\nEN = {"第{n}名": "rank"}\n', "adapters/locale/x.py: 第{n}名: the placeholders differ: ['n'] and []"),
    ("catalogues_agree", "adapters/locale/x.py", '"""X."""\nZH = {"task.closed": "甲"}\nEN = {"task.closed": "A"}\n', "adapters/locale/x.py: task.closed stands in adapters/locale/tasks.py too"),
    ("duplicate_keys", "adapters/locale/x.py", '"""X."""\nZH = {"a": "甲", "a": "乙"}\n', "adapters/locale/x.py:2: the key 'a' stands twice"),
    ("the_reserved_word_is_not_ours", "docs/x.md", f"市里{TRAP}达人\n", f"docs/x.md:1: 「{TRAP}」 outside a quotation: 市里{TRAP}达人"),
    ("token_machine_is_small", "engine/execution/x.py", '"""X."""\n# free\n' + "x = 1\n" * 2501, "engine/execution: 2501 lines of code, the budget is 2500"),
]


def project(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("rule", rules.RULES, ids=rules.named(rules.RULES))
def test_a_sound_project_passes(rule, tmp_path):
    assert rule(project(tmp_path, SOUND)) == []


@pytest.mark.parametrize(("rule", "name", "text", "finding"), BROKEN, ids=[f"{rule}-{number}" for number, (rule, *_) in enumerate(BROKEN)])
def test_a_broken_project_is_found_out(rule, name, text, finding, tmp_path):
    findings = [finding] if isinstance(finding, str) else list(finding)

    assert getattr(rules, rule)(project(tmp_path, {**SOUND, name: text})) == findings


def test_every_rule_is_shown_something_broken():
    assert {rule for rule, *_ in BROKEN} == set(rules.named(rules.RULES))
