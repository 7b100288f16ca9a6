"""What two versions of a form say differently, in the terms of those who fill it in: fields, parts, outcomes, and each of their settings; knows no words."""
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from engine.compare.change import Change, Kind, kind_of

Tree = Mapping[str, Any]
WHOLE = frozenset({"sections", "outcomes", "fields", "columns", "options", "id", "label", "title"})  # told in their own way


def is_form(tree: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a tree has the shape of a form, right or wrong, so that its parts can be told apart."""
    return isinstance(tree, Mapping) and _mappings(tree.get("sections", [])) and all(_mappings(one.get("fields", [])) for one in tree.get("sections", [])) and _mappings(tree.get("outcomes", []))


def compare_forms(old: Tree, new: Tree, file: str) -> tuple[Change, ...]:
    """Every difference of two forms (`is_form`), from the top to the bottom of the new one."""
    return tuple(_Forms(old, new, file).changes())


def _mappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


class _Forms:
    def __init__(self, old: Tree, new: Tree, file: str) -> None:
        self.old, self.new, self.file = old, new, file
        # What a formula calls its fields, old names too.
        self.labels = {str(field.get("id")): str(field.get("label") or field.get("id")) for tree in (old, new) for section in tree.get("sections", []) for field in section.get("fields", [])}

    def change(self, kind: Kind, code: str, element: str, **details: Any) -> Change:
        return Change(kind, f"form.{code}", element, self.file, {"labels": self.labels, **details})

    def changes(self) -> Iterator[Change]:
        if self.old.get("title") != self.new.get("title"):
            yield self.change("changed", "renamed", "title", what="form", old=self.old.get("title"), new=self.new.get("title"))
        yield from self._settings(("form", str(self.new.get("title", "")), ""), self.old, self.new, "")
        yield from self._sections()
        yield from self._fields()
        yield from self._outcomes()

    # --- sections -----------------------------------------------------------------------------------------------------------------------

    def _sections(self) -> Iterator[Change]:
        before, after = self.old.get("sections", []), self.new.get("sections", [])
        pairs = _paired_sections(before, after)
        for index, section in enumerate(after):
            title = str(section.get("title", ""))
            if index not in pairs:
                yield self.change("added", "section.added", f"sections.{index}", name=title, count=len(section.get("fields", [])))
                continue
            was = before[pairs[index]]
            if was.get("title") != section.get("title"):
                yield self.change("changed", "renamed", f"sections.{index}", what="section", old=was.get("title"), new=section.get("title"))
            yield from self._settings(("section", title, ""), was, section, f"sections.{index}")
        for index, section in enumerate(before):
            if index not in pairs.values():
                yield self.change("removed", "section.removed", f"sections.{index}", name=str(section.get("title", "")), count=len(section.get("fields", [])))
        for index, behind in _moved([pairs[index] for index in sorted(pairs)]):
            titles = [str(after[one].get("title", "")) for one in sorted(pairs)]
            yield self.change("changed", "moved", f"sections.{sorted(pairs)[index]}", what="section", name=titles[index], behind=titles[behind] if behind is not None else "")

    # --- fields -------------------------------------------------------------------------------------------------------------------------

    def _fields(self) -> Iterator[Change]:
        before, after = _placed(self.old), _placed(self.new)
        pairs = _paired(before, after)
        homes = {index: number for number, index in _paired_sections(self.old.get("sections", []), self.new.get("sections", [])).items()}
        for id, (_, section, field) in after.items():
            place = str(self.new["sections"][section].get("title", ""))
            if id not in pairs:
                yield self.change("added", "field.added", id, section=place, field=field)
                continue
            _, number, was = before[pairs[id]]
            if was.get("label") != field.get("label"):
                yield self.change("changed", "renamed", id, what="field", old=was.get("label") or pairs[id], new=field.get("label") or id)
            if pairs[id] != id:
                yield self.change("changed", "field.id", id, name=_label(field), old=pairs[id], new=id)
            if homes.get(number) != section:
                yield self.change("changed", "field.section", id, name=_label(field), old=str(self.old["sections"][number].get("title", "")), new=place)
            yield from self._settings(("field", _label(field), ""), was, field, id)
        for id, (_, number, was) in before.items():
            if id not in pairs.values():
                yield self.change("removed", "field.removed", id, section=str(self.old["sections"][number].get("title", "")), field=was)
        yield from self._order(before, after, pairs, homes)

    def _order(self, before: Mapping[str, tuple[int, int, Tree]], after: Mapping[str, tuple[int, int, Tree]], pairs: Mapping[str, str], homes: Mapping[int, int]) -> Iterator[Change]:
        """Fields that changed places within their section."""
        for number in range(len(self.new.get("sections", []))):
            here = [id for id, (_, section, _) in after.items() if section == number and id in pairs and homes.get(before[pairs[id]][1]) == number]
            for index, behind in _moved([before[pairs[id]][0] for id in here]):
                name, above = _label(after[here[index]][2]), "" if behind is None else _label(after[here[behind]][2])
                yield self.change("changed", "moved", here[index], what="field", name=name, behind=above)

    # --- outcomes -----------------------------------------------------------------------------------------------------------------------

    def _outcomes(self) -> Iterator[Change]:
        before, after = ({str(one.get("code")): one for one in tree.get("outcomes", [])} for tree in (self.old, self.new))
        for code, one in after.items():
            if code not in before:
                yield self.change("added", "outcome.added", code, name=_label(one), outcome=one)
                continue
            if before[code].get("label") != one.get("label"):
                yield self.change("changed", "renamed", code, what="outcome", old=before[code].get("label"), new=one.get("label"))
            yield from self._settings(("outcome", _label(one), ""), before[code], one, code)
        for code, one in before.items():
            if code not in after:
                yield self.change("removed", "outcome.removed", code, name=_label(one), outcome=one)
        shared = [code for code in after if code in before]
        places = {code: index for index, code in enumerate(before)}
        for index, behind in _moved([places[code] for code in shared]):
            yield self.change("changed", "moved", shared[index], what="outcome", name=_label(after[shared[index]]), behind="" if behind is None else _label(after[shared[behind]]))

    # --- settings -----------------------------------------------------------------------------------------------------------------------

    def _settings(self, thing: tuple[str, str, str], old: Tree, new: Tree, element: str) -> Iterator[Change]:
        """Each setting of a part. `thing`: what it is, what it is called, the table it is a column of."""
        what, name, table = thing
        common = {"what": what, "name": name, "table": table, "field": str(new.get("kind", ""))}
        for key in dict.fromkeys([*new, *old]):
            was, now = old.get(key), new.get(key)
            if was == now or key in WHOLE and (key not in ("columns", "options") or not self._whole(was, now)):
                continue
            if key == "access" and _plain_rights(was) == _plain_rights(now):
                continue
            yield self.change(kind_of(was, now), "setting", element, key=key, old=was, new=now, **common)
        if isinstance(old.get("options"), Mapping) and isinstance(new.get("options"), Mapping):
            yield from self._options(common, old["options"], new["options"], element)
        if _mappings(old.get("columns")) and _mappings(new.get("columns")):
            yield from self._columns(name, old["columns"], new["columns"], element)

    def _whole(self, old: Any, new: Any) -> bool:
        """Whether options or columns can only be told as a whole: there were none before, or are none now, or they are no such thing."""
        return not (isinstance(old, Mapping) and isinstance(new, Mapping)) and not (_mappings(old) and _mappings(new))

    def _options(self, common: Tree, old: Mapping[str, Any], new: Mapping[str, Any], element: str) -> Iterator[Change]:
        for code in dict.fromkeys([*new, *old]):
            if old.get(code) != new.get(code):
                kind = kind_of(old.get(code), new.get(code))
                yield self.change(kind, f"option.{kind}", element, old=old.get(code), new=new.get(code), **common)
        if [code for code in old if code in new] != [code for code in new if code in old]:
            yield self.change("changed", "option.order", element, old=list(old.values()), new=[new[code] for code in new if code in old], **common)

    def _columns(self, table: str, old: Sequence[Tree], new: Sequence[Tree], element: str) -> Iterator[Change]:
        before, after = ({str(one.get("id")): one for one in rows} for rows in (old, new))
        for id, one in after.items():
            if id not in before:
                yield self.change("added", "column.added", f"{element}.{id}", table=table, field=one)
                continue
            if before[id].get("label") != one.get("label"):
                yield self.change("changed", "renamed", f"{element}.{id}", what="column", table=table, old=before[id].get("label"), new=one.get("label"))
            yield from self._settings(("column", _label(one), table), before[id], one, f"{element}.{id}")
        for id, one in before.items():
            if id not in after:
                yield self.change("removed", "column.removed", f"{element}.{id}", table=table, field=one)
        shared, places = [id for id in after if id in before], {id: index for index, id in enumerate(before)}
        for index, behind in _moved([places[id] for id in shared]):
            yield self.change("changed", "moved", f"{element}.{shared[index]}", what="column", table=table, name=_label(after[shared[index]]), behind="" if behind is None else _label(after[shared[behind]]))


def _label(part: Tree) -> str:
    return str(part.get("label") or part.get("text") or part.get("id") or part.get("code") or "")


def _placed(form: Tree) -> dict[str, tuple[int, int, Tree]]:
    """Per field its place in the form, its section's number, and itself. A second field of one name is told apart by its place."""
    found: dict[str, tuple[int, int, Tree]] = {}
    for number, section in enumerate(form.get("sections", [])):
        for field in section.get("fields", []):
            id = str(field.get("id"))
            found[id if id not in found else f"{id} {len(found)}"] = (len(found), number, field)
    return found


def _paired(before: Mapping[str, tuple[int, int, Tree]], after: Mapping[str, tuple[int, int, Tree]]) -> dict[str, str]:
    """New name → old name: of one name, else renamed, with the same label and kind."""
    pairs = {id: id for id in after if id in before}
    free = [id for id in before if id not in pairs]
    for id, (_, _, field) in after.items():
        if id not in pairs:
            same = next((one for one in free if (before[one][2].get("label"), before[one][2].get("kind")) == (field.get("label"), field.get("kind"))), None)
            if same is not None:
                pairs[id] = same
                free.remove(same)
    return pairs


def _paired_sections(before: Sequence[Tree], after: Sequence[Tree]) -> dict[int, int]:
    """Place in the new form → place in the old: of one title, else with a field in common, else renamed on the spot while nothing was added or removed."""
    pairs: dict[int, int] = {}
    free = list(range(len(before)))

    def pair(index: int, number: int | None) -> None:
        if number is not None:
            pairs[index] = number
            free.remove(number)

    for index, section in enumerate(after):
        pair(index, next((number for number in free if before[number].get("title") == section.get("title")), None))
    for index, section in enumerate(after):
        if index not in pairs:
            ids = {str(field.get("id")) for field in section.get("fields", [])}
            pair(index, next((number for number in free if ids & {str(field.get("id")) for field in before[number].get("fields", [])}), None))
    if len(before) == len(after):
        for index in range(len(after)):
            if index not in pairs and index in free:
                pair(index, index)
    return pairs


def _moved(places: Sequence[int]) -> Iterator[tuple[int, int | None]]:
    """Of things now in this order, given by their old places: those that changed places, as few as can be, with the one each stands behind now."""
    tails: list[int] = []
    lengths = []
    for place in places:
        at = bisect_left(tails, place)
        tails[at:at + 1] = [place]
        lengths.append(at + 1)
    wanted, kept = len(tails), set()
    for index in range(len(places) - 1, -1, -1):
        if lengths[index] == wanted:
            kept.add(index)
            wanted -= 1
    for index in range(len(places)):
        if index not in kept:
            yield index, index - 1 if index else None


def _plain_rights(value: Any) -> Any:
    return {"default": value} if isinstance(value, str) else value or {}

