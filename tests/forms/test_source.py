"""The YAML reader: plain values with lines, and what it refuses before anything is built."""
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.refusals import Invalid
from forms.source import MAX_BYTES, read_yaml


def refused(text):
    with pytest.raises(Invalid) as invalid:
        read_yaml(text.encode() if isinstance(text, str) else text, "f.yaml")
    return [(f.code, f.element, f.line) for f in invalid.value.findings]


def test_values_keep_their_kind():
    text = "a: 7.50\nb: 2021-10-15\nc: yes\nd: true\ne: '24:00'\nf: 007\ng: ~\nh: 1_000\ni: -3\nj: 0x1F\nk: 12:30\nl: 2021-10-15T08:00:00Z\n2021-01-01: x\n"

    assert read_yaml(text.encode(), "f").value == {
        "a": D("7.50"), "b": date(2021, 10, 15), "c": "yes", "d": True, "e": "24:00", "f": "007", "g": None, "h": "1_000", "i": -3, "j": "0x1F",
        "k": "12:30", "l": "2021-10-15T08:00:00Z", "2021-01-01": "x",
    }


def test_every_key_has_its_line():
    document = read_yaml("a:\n  b: 1\n  list:\n    - x\n    - {c: 2}\n".encode(), "f")

    assert {path: document.line(path) for path in ("a", "a.b", "a.list.0", "a.list.1.c", "a.b.nothing.here")} == {
        "a": 1, "a.b": 2, "a.list.0": 4, "a.list.1.c": 5, "a.b.nothing.here": 2
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", [("yaml.duplicate_key", "a", 3)]),
        ("a: &x [1]\nb: *x\n", [("yaml.alias", "a", 1), ("yaml.alias", "b", 2)]),
        ("a: !!python/object/apply:os.system [x]\n", [("yaml.tag", "a", 1)]),
        ("a: !!str 3\n", [("yaml.tag", "a", 1)]),
        ("a: 2021-02-30\n", [("yaml.no_such_date", "a", 1)]),
        ("a: .nan\nb: -.inf\n", [("yaml.not_a_number", "a", 1), ("yaml.not_a_number", "b", 2)]),
        ("a: " + "9" * 40, [("yaml.number_too_long", "a", 1)]),
        ("[a, b]: 1\n", [("yaml.key_not_text", "", 1)]),
        ("a: 1\n---\nb: 2\n", [("yaml.several_documents", "", 2)]),
        ("", [("yaml.empty", "", 1)]),
        ("a: 1\n b: 2\n", [("yaml.syntax", "", 2)]),
        ("a: [1, 2\n", [("yaml.syntax", "", 2)]),
        (b"a: \xff\n", [("yaml.not_utf8", "", 1)]),
        ("a: \x07\n", [("yaml.characters", "", 0)]),
        ("[" * 500, [("yaml.too_deep", ".".join(["0"] * 31), 1)]),
        ("a: " + "x" * MAX_BYTES, [("yaml.too_large", "", 0)]),
    ],
)
def test_what_no_file_may_hold_is_refused_with_its_line(text, expected):
    assert refused(text) == expected


def test_an_alias_bomb_never_grows():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))

    assert {code for code, _, _ in refused(bomb)} == {"yaml.alias"}


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        read_yaml(text.encode("utf-8", "surrogatepass"), "f")
    except Invalid as invalid:
        assert invalid.findings


@given(st.text("ab:-[]{}&*!|>'\"# \n,?", max_size=80))
def test_any_yaml_like_text_is_read_or_refused(text):
    try:
        read_yaml(text.encode(), "f")
    except Invalid as invalid:
        assert invalid.findings
