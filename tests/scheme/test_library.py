"""Every package, scheme, text and calendar of the library: readable, marked, and fit for publishing."""
from pathlib import Path

import pytest

from engine.scheme.calendar import Calendar, read_calendar_year
from engine.scheme.check import check_scheme
from engine.scheme.package import read_package
from engine.scheme.planner import stages_of, timeline
from engine.scheme.scheme import flat, read_scheme
from engine.scheme.texts import read_texts

ROOT = Path(__file__).parents[2] / "processes"
CALENDARS = sorted((ROOT / "calendars").glob("*.yaml"))
PACKAGES = sorted(ROOT.glob("*/package.yaml"))
SCHEMES = sorted(ROOT.glob("*/schemes/*.yaml"))
CN = {"cn": Calendar.of(read_calendar_year(path.read_bytes(), path.name) for path in CALENDARS)}


def named(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CALENDARS, ids=named)
def test_a_calendar_is_named_by_its_family_and_year(path):
    table = read_calendar_year(path.read_bytes(), path.name)

    assert f"{table.family}-{table.year}" == path.stem


@pytest.mark.parametrize("path", PACKAGES, ids=named)
def test_a_package_is_named_by_its_folder_and_its_files_are_there(path):
    package = read_package(path.read_bytes(), path.name)

    assert package.name == path.parent.name
    assert [name for name in (*package.diagrams, *package.tables, *package.texts) if not (path.parent / name).is_file()] == []
    assert [id for id in package.forms if not (ROOT.parent / "forms" / package.name / f"{id}.yaml").is_file()] == []
    assert all(read_texts((path.parent / name).read_bytes(), name) for name in package.texts)


@pytest.mark.parametrize("path", SCHEMES, ids=named)
def test_a_scheme_can_be_published_and_every_value_says_where_it_is_from(path):
    package = read_package((path.parents[1] / "package.yaml").read_bytes(), "package.yaml")
    scheme = read_scheme(path.read_bytes(), path.name)

    errors = [found for found in check_scheme(scheme, package.declaration, CN) if found.severity == "error"]

    assert (scheme.id, scheme.package, errors) == (path.stem, package.name, [])
    assert [key for key, _ in flat(scheme.values) if scheme.origin_of(key) is None] == []


def test_the_dated_stages_of_fuxin_have_7_19_3_and_3_working_days():
    path = ROOT / "role-model-award" / "schemes" / "fuxin-2021.yaml"
    scheme = read_scheme(path.read_bytes(), path.name)

    lines = timeline(stages_of(scheme.values), CN["cn"], scheme.values["issued_on"])

    assert [line.working_days for line in lines if line.stage.start][:4] == [7, 19, 3, 3]
