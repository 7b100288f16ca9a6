"""Every code that the rules and forms raise has its sentence in both languages, filled from what is raised with it."""
import ast
from pathlib import Path
from string import Formatter

import pytest

from adapters.locale import catalogue, knows, say
from adapters.locale.forms import EN as FORMS_EN
from adapters.locale.forms import ZH as FORMS_ZH
from adapters.locale.rules import EN as RULES_EN
from adapters.locale.rules import ZH as RULES_ZH
from engine.scheme.declaration import TYPES
from forms.form import SETTINGS

ROOT = Path(__file__).parents[2]
AREAS = ("yaml", "calendar", "plan", "declaration", "package", "text", "scheme", "stage", "quota", "panel", "rank", "tie", "substitute", "operation",
         "number", "notify", "form", "function", "left")
RAISERS = {"Refused", "CalendarTooShort", "Rejected", "Finding", "Wrong", "Problem", "refuse", "finding", "_refuse"}
ADDED = {"label"}  # the form adds the field's label to every problem


def raised():
    """(where, code, names of its details) of every literal code in the sources of this area."""
    sources = [*(ROOT / "engine/scheme").glob("*.py"), *(ROOT / "engine/selection").glob("*.py"), *(ROOT / "forms").glob("*.py"), ROOT / "engine/operations.py"]
    for path in sorted(sources):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            codes = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and arg.value.split(".")[0] in AREAS]
            codes = [code for code in codes if "." in code]
            if name in RAISERS and codes:
                details = {keyword.arg for keyword in node.keywords}
                for part in ast.walk(node):
                    if isinstance(part, ast.Dict):
                        details |= {key.value for key in part.keys if isinstance(key, ast.Constant)}
                yield f"{path.name}:{node.lineno}", codes[0], details


FOUND = sorted(raised())


@pytest.mark.parametrize(("where", "code", "details"), FOUND, ids=[f"{where} {code}" for where, code, _ in FOUND])
def test_a_raised_code_has_words_that_its_details_fill(where, code, details):
    details = details | ADDED if code.startswith("form.") else details
    for language in ("zh", "en"):
        assert knows(code, language)
    if "details" in details or code == "plan.short":
        return  # the details are a variable
    template = catalogue("zh")[code]
    assert {name for _, name, _, _ in Formatter().parse(template) if name} <= details


def test_codes_made_of_a_type_have_words_for_every_type():
    made = {f"scheme.wrong_type.{name}" for name in TYPES | {"list"}} | {f"form.wrong_option.{name}" for name in SETTINGS}

    assert {code for code in made if not (knows(code, "zh") and knows(code, "en"))} == set()


def test_no_sentence_is_left_over():
    made = {"form.yes", "form.no", "form.not_phone", "form.not_credit_code", "left.days", "left.today", "left.overdue", "left.overdue_today"}
    made |= {"stage.overlaps", "stage.before_issue", "stage.starts_off", "stage.ends_off"}  # by the notes of a timeline
    made |= {"calendar.unconfirmed", "calendar.too_short", "form.unknown_kind", "form.kind_not_in_table", "form.reserved_id"}  # chosen by a condition
    named = {code for _, code, _ in FOUND} | made
    left = [code for code in RULES_ZH | FORMS_ZH if code not in named and not code.startswith(("scheme.wrong_type.", "yaml.wrong_type.", "form.wrong_option."))]

    assert left == []
    assert (RULES_ZH.keys(), FORMS_ZH.keys()) == (RULES_EN.keys(), FORMS_EN.keys())


def test_a_sentence_reads_as_a_clerk_would_write_it():
    assert say("quota.exceeded", channel="细河区", quota=3, booked=2, left=1, asked=2) == (
        "“细河区”名额不足：共 3 名，已用 2 名，余 1 名，本次申请 2 名。请调减，或先调剂名额。"
    )
