"""The kinds of fields: each reads raw input into a value or says what is wrong, and gives a value back to the page. To add one: a class and its line in KINDS."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import ClassVar

from engine.refusals import Problem
from forms.answers import FileInfo, PageField, PageOption, Raw, Value
from forms.fields import Field, Given, Wrong, one_text
from forms.numbers import credit_code, narrow, phone
from forms.pattern import fits
from forms.rows import Scores, Table
from forms.values import choices_of, exact, places_of

WHOLE = re.compile(r"[-+]?[0-9]{1,30}\Z")
YES = {"true", "on", "yes", "1"}
NO = {"false", "off", "no", "0"}


class Text(Field):
    kind = "text"
    options = {"min": "integer", "max": "integer", "pattern": "pattern", "pattern_help": "text"}
    in_table = True
    longest: ClassVar[int] = 200

    def read(self, raw: Raw, given: Given) -> str:
        text = self.cleaned(unicodedata.normalize("NFC", one_text(raw)))
        if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\n" for sign in text):
            raise Wrong("form.characters")
        if len(text) > (most := self.settings.get("max", self.longest)):
            raise Wrong("form.too_long", max=most, found=len(text))
        if len(text) < (least := self.settings.get("min", 0)):
            raise Wrong("form.too_short", min=least, found=len(text))
        if self.settings.get("pattern") and not fits(self.settings["pattern"], text):
            raise Wrong("form.pattern", help=str(self.settings.get("pattern_help") or self.settings["pattern"]))
        return text

    def cleaned(self, text: str) -> str:
        return " ".join(text.split())


class LongText(Text):
    kind = "long_text"
    longest = 5000

    def cleaned(self, text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()


class Integer(Field):
    kind = "integer"
    options = {"min": "number", "max": "number", "min_from": "expression", "max_from": "expression", "unit": "text"}
    in_table = True

    def read(self, raw: Raw, given: Given) -> Value:
        number = self.number(raw)
        least, most = self.bound("min", given), self.bound("max", given)
        if least is not None and number < least:
            raise Wrong("form.too_small", min=least, found=number)
        if most is not None and number > most:
            raise Wrong("form.too_large", max=most, found=number)
        return number

    def number(self, raw: Raw) -> int | Decimal:
        if isinstance(raw, str):
            raw = narrow(raw)
            if not WHOLE.match(raw):
                raise Wrong("form.not_whole")
            return int(raw)
        if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)) or raw != int(raw):
            raise Wrong("form.not_whole")
        return int(raw)

    def raw(self, value: Value) -> Raw:
        return None if value is None else str(value)


class Decimals(Integer):
    kind = "decimal"
    options = {**Integer.options, "places": "integer"}
    places: ClassVar[int] = 2

    def number(self, raw: Raw) -> Decimal:
        number = exact(raw)
        most = self.settings.get("places", self.places)
        if places_of(number) > most:
            raise Wrong("form.too_many_places", places=most)
        return number


class Date(Field):
    kind = "date"
    options = {"min": "date", "max": "date", "min_from": "expression", "max_from": "expression"}
    in_table = True

    def read(self, raw: Raw, given: Given) -> date:
        day = self.day(raw)
        least, most = self.bound("min", given), self.bound("max", given)
        if isinstance(least, date) and day < least:
            raise Wrong("form.too_early", min=least, found=day)
        if isinstance(most, date) and day > most:
            raise Wrong("form.too_late", max=most, found=day)
        return day

    def day(self, raw: Raw) -> date:
        if type(raw) is date:
            return raw
        try:
            return date.fromisoformat(narrow(one_text(raw)))
        except ValueError:
            raise Wrong("form.not_date") from None

    def raw(self, value: Value) -> Raw:
        return None if value is None else value.isoformat()


class Choice(Field):
    kind = "choice"
    options = {"options": "labels", "options_from": "expression"}
    in_table = True

    def choices(self, given: Given) -> dict[str, str]:
        expression = self.settings.get("options_from")
        return choices_of(given.value(expression)) if expression else dict(self.settings.get("options", {}))

    def read(self, raw: Raw, given: Given) -> Value:
        return self.known(one_text(raw), self.choices(given))

    def known(self, code: str, choices: Mapping[str, str]) -> str:
        if code not in choices:
            raise Wrong("form.not_a_choice", found=code[:50])
        return code

    def chosen(self, raw: Raw) -> list[str]:
        return [raw] if isinstance(raw, str) else [str(one) for one in raw] if isinstance(raw, list) else []

    def text(self, value: Value, given: Given) -> str:
        choices = self.choices(given)
        return "、".join(choices.get(code, code) for code in self.chosen(value))

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        chosen = self.chosen(raw)
        options = tuple(PageOption(code, label, code in chosen) for code, label in self.choices(given).items())
        return replace(super().page(name, raw, value, given, writable, required, problems), options=options)


class Choices(Choice):
    kind = "choices"
    options = {**Choice.options, "min_count": "integer", "max_count": "integer", "max_from": "expression"}
    in_table = False
    empty = ()

    def read(self, raw: Raw, given: Given) -> list[str]:
        codes = [raw] if isinstance(raw, str) else raw
        if not isinstance(codes, list):
            raise Wrong("form.not_list")
        choices = self.choices(given)
        picked = {self.known(one_text(code), choices) for code in codes if not self.is_blank(code)}
        most = given.value(self.settings["max_from"]) if "max_from" in self.settings else self.settings.get("max_count")
        if most is not None and len(picked) > most:
            raise Wrong("form.too_many", max=most, found=len(picked))
        if picked and len(picked) < (least := self.settings.get("min_count", 0)):
            raise Wrong("form.too_few", min=least, found=len(picked))
        return [code for code in choices if code in picked]


class People(Choices):
    """Persons or organisations picked from a list the process gives; the answer holds their ids only."""

    kind = "people"


class YesNo(Field):
    kind = "yes_no"
    in_table = True

    def read(self, raw: Raw, given: Given) -> bool:
        if isinstance(raw, bool):
            return raw
        word = one_text(raw).strip().lower()
        if word in YES:
            return True
        if word in NO:
            return False
        raise Wrong("form.not_yes_no")

    def raw(self, value: Value) -> Raw:
        return None if value is None else "true" if value else "false"

    def text(self, value: Value, given: Given) -> str:
        """`yes` or `no`: the words are the page's."""
        return "" if value is None else "yes" if value else "no"


class Statement(YesNo):
    """Something to agree to; where it is demanded, only agreement will do."""

    kind = "statement"
    options = {"text": "text"}
    in_table = False
    empty = False

    def is_blank(self, raw: Raw) -> bool:
        return super().is_blank(raw) or raw is False or (isinstance(raw, str) and raw.strip().lower() in NO)

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        shown = super().page(name, raw, value, given, writable, required, problems)
        return replace(shown, constraints={"text": self.settings.get("text", "")})


class Phone(Field):
    kind = "phone"
    in_table = True

    def read(self, raw: Raw, given: Given) -> str:
        if (found := self.checked(one_text(raw))) is None:
            raise Wrong(f"form.not_{self.kind}")
        return found

    def checked(self, text: str) -> str | None:
        return phone(text)


class CreditCode(Phone):
    kind = "credit_code"

    def checked(self, text: str) -> str | None:
        return credit_code(text)


class FileList(Field):
    """Uploaded files by id; name, type and size come from the store of files."""

    kind = "files"
    options = {"accept": "texts", "max_size": "size", "max_count": "integer", "min_count": "integer"}
    empty = ()

    def read(self, raw: Raw, given: Given) -> list[FileInfo]:
        ids = [raw] if isinstance(raw, (str, Mapping)) else raw
        if not isinstance(ids, list):
            raise Wrong("form.not_list")
        wanted = [one_text(one.get("id") if isinstance(one, Mapping) else one) for one in ids if not self.is_blank(one)]
        found = [self.info(id, given) for id in dict.fromkeys(wanted)]
        most = self.settings.get("max_count", 1)
        if len(found) > most:
            raise Wrong("form.too_many_files", max=most, found=len(found))
        if found and len(found) < (least := self.settings.get("min_count", 0)):
            raise Wrong("form.too_few_files", min=least, found=len(found))
        return found

    def info(self, id: str, given: Given) -> FileInfo:
        known = given.files(id)
        if known is None:
            raise Wrong("form.unknown_file")
        accept = self.settings.get("accept", [])
        if accept and not any(accepts(kind, str(known["type"])) for kind in accept):
            raise Wrong("form.file_type", name=known["name"], type=known["type"], accept="、".join(accept))
        most = self.settings.get("max_size")
        if most is not None and known["size"] > most:
            raise Wrong("form.file_size", name=known["name"], size=size_text(known["size"]), max=size_text(most))
        return {key: known[key] for key in ("id", "name", "type", "size")}

    def raw(self, value: Value) -> Raw:
        return [one["id"] for one in value or ()]

    def text(self, value: Value, given: Given) -> str:
        return "、".join(str(one["name"]) for one in value or ())

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        ids = [raw] if isinstance(raw, str) else [one for one in raw if isinstance(one, str)] if isinstance(raw, list) else []
        known = {one["id"]: one for one in value or ()}
        files = [known.get(id) or given.files(id) for id in ids] if writable else list(value or ())
        return replace(super().page(name, raw, value, given, writable, required, problems), files=tuple(one for one in files if one))


def size_text(bytes_: int) -> str:
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if bytes_ >= factor:
            return f"{rounded_up(bytes_, factor)} {unit}"
    return f"{bytes_} B"


def rounded_up(bytes_: int, factor: int) -> str:
    """One digit after the point, never less than it is, so that a file over the limit never reads as the limit."""
    tenths = -(-bytes_ * 10 // factor)
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


def accepts(declared: str, found: str) -> bool:
    return found == declared or (declared.endswith("/*") and found.startswith(declared[:-1]))


class Info(Field):
    """A text for the person; asks nothing."""

    kind = "info"
    options = {"text": "text", "text_from": "expression"}
    answers = False

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        text = given.value(self.settings["text_from"]) if "text_from" in self.settings else self.settings.get("text", "")
        return PageField(self.id, name, self.label, self.kind, None, "" if text is None else str(text), self.help, self.clause, writable=False)


class Show(Field):
    """A value of the process, shown as it is: a text, a list, a table with `columns`, or files."""

    kind = "show"
    options = {"columns": "labels", "unit": "text"}
    answers = False

    def text(self, value: Value, given: Given) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, (list, tuple)):
            return "、".join(self.text(one, given) for one in value if one is not None)
        if isinstance(value, Mapping):
            label = next((value[key] for key in ("label", "name", "title", "id") if value.get(key) is not None), "")
            return str(label)
        return "" if value is None else str(value)

    def page(self, name: str, raw: Raw, value: Value, given: Given, writable: bool, required: bool, problems: tuple[Problem, ...]) -> PageField:
        page = super().page(name, None, value, given, False, False, ())
        items = [one for one in value if isinstance(one, Mapping)] if isinstance(value, (list, tuple)) else []
        columns: Mapping[str, str] = self.settings.get("columns", {})
        if columns:
            rows = tuple(tuple(PageField(key, "", label, "show", one.get(key), self.text(one.get(key), given), writable=False)
                               for key, label in columns.items()) for one in items)
            return replace(page, rows=rows, headings=tuple(columns.values()), text="")
        if items and all({"id", "name", "type", "size"} <= one.keys() for one in items):
            return replace(page, files=tuple(items))
        return page


KINDS: Mapping[str, type[Field]] = {
    one.kind: one
    for one in (
        Text, LongText, Integer, Decimals, Date, Choice, Choices, People, YesNo, Phone, CreditCode, FileList, Table, Scores, Statement, Info, Show,
    )
}


def fields_within(field: Field) -> Iterator[Field]:
    """A field and the columns inside it."""
    yield field
    if isinstance(field, Table):
        yield from field.columns
