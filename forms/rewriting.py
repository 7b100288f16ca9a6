"""Writes a changed value back into the YAML it was read from, so that every other character stays: comments, order, quotes, line breaks. Knows no form.

The places come from PyYAML's node marks; the text between them is never made anew. Whatever cannot be written so that it reads back as meant is refused.
"""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from engine.refusals import Invalid, Refused
from forms.source import Value, read_yaml

LONE_BREAK = re.compile(r"(?<!\r)\n")
STEP = "  "  # indentation of what is written new
Splice = tuple[int, int, str]  # from, to, what stands there instead


def rewritten(data: bytes, file: str, change: Callable[[Value], Value]) -> bytes:
    """`data` as it must read to mean `change(its value)`; the same bytes when nothing is different.

    Args:
        change: gives a new tree and leaves the old one alone. Mappings and lists it takes over as they are, wherever it puts them, bring their text along.

    Raises: Invalid, when `data` is no YAML as `read_yaml` takes it; Refused `yaml.not_rewritten`, when it is written in a way that cannot be changed safely.
    """
    old = read_yaml(data, file).value
    new = change(old)
    if new == old:
        return data
    text = data.decode("utf-8-sig")
    made = _Rewriting(text, old).document(old, new).encode()
    try:
        sound = read_yaml(made, file).value == new
    except Invalid:
        sound = False
    if not sound:
        raise Refused("yaml.not_rewritten", file=file)
    return made


class _Rewriting:
    """One pass over a text: what is different becomes splices, what was moved takes its own text along."""

    def __init__(self, text: str, value: Value) -> None:
        self.text = text
        self.places: dict[int, yaml.Node] = {}  # id of a mapping or list of the old tree → its node
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        assert root is not None  # read_yaml refuses an empty file
        self.root: yaml.Node = root
        self._remember(value, root)

    def _remember(self, value: Value, node: yaml.Node) -> None:
        if isinstance(value, dict) and isinstance(node, yaml.MappingNode):
            self.places[id(value)] = node
            for key, inner in node.value:
                self._remember(value[key.value], inner)
        elif isinstance(value, list) and isinstance(node, yaml.SequenceNode):
            self.places[id(value)] = node
            for one, inner in zip(value, node.value):
                self._remember(one, inner)

    def document(self, old: Value, new: Value) -> str:
        made = _spliced(self.text, self.edits(self.root, old, new), 0)
        return made if LONE_BREAK.search(self.text) else LONE_BREAK.sub("\r\n", made)

    # --- differences as splices ---------------------------------------------------------------------------------------------------------

    def edits(self, node: yaml.Node, old: Value, new: Value) -> list[Splice]:
        """What to change in the text of `node`."""
        if old is new or (old == new and type(old) is type(new)):
            return []
        if isinstance(old, dict) and isinstance(new, dict) and old and new and isinstance(node, yaml.MappingNode):
            return self._flow_mapping(node, old, new) if node.flow_style else self._block_mapping(node, old, new)
        if isinstance(old, list) and isinstance(new, list) and old and new and isinstance(node, yaml.SequenceNode):
            return self._list(node, old, new)
        return [(self.start(node), self.end(node), self.written(new, True, 0))]

    def _entry(self, key: yaml.Node, node: yaml.Node, old: Value, new: Value, block: bool) -> list[Splice]:
        """The value of a key; one that was, or becomes, several lines takes the place of everything behind the colon."""
        column = key.start_mark.column
        alike = (isinstance(old, dict) and isinstance(new, dict) or isinstance(old, list) and isinstance(new, list)) and bool(old) and bool(new)
        if alike or not block:
            if not self.text[self.start(node) : self.end(node)].strip():  # a key without value
                colon = self.text.index(":", key.end_mark.index) + 1
                return [(colon, colon, " " + self.written(new, True, 0))]
            return self.edits(node, old, new)
        written = self.written(new, False, column)
        colon = self.text.index(":", key.end_mark.index) + 1
        if written.startswith("\n") or self._is_block(node) or not self.text[self.start(node) : self.end(node)].strip():
            return [(colon, max(colon, self.end(node)), written if written.startswith("\n") else " " + written)]
        return [(self.start(node), self.end(node), written)]

    def _block_mapping(self, node: yaml.MappingNode, old: dict[str, Value], new: dict[str, Value]) -> list[Splice]:
        entries = [(key, value) for key, value in node.value]
        names = [key.value for key, _ in entries]
        kept = [name in new for name in names]
        splices: list[Splice] = []
        first = kept.index(True) if True in kept else None
        if first is None:
            raise Refused("yaml.not_rewritten", file="")
        if first:
            splices.append((self.start(entries[0][0]), self.start(entries[first][0]), ""))
        ends = {name: self.line_end(self.end(value) if self.end(value) > key.end_mark.index else key.end_mark.index) for name, (key, value) in zip(names, entries)}
        for index, (key, value) in enumerate(entries):
            if kept[index]:
                splices += self._entry(key, value, old[key.value], new[key.value], True) if not _same(old[key.value], new[key.value]) else []
            elif index > first:
                splices.append((self.line_start(self.start(key)), ends[key.value], ""))
        column = entries[0][0].start_mark.column
        behind = names[max(index for index, is_kept in enumerate(kept) if is_kept)]
        last = behind
        for name in new:
            if name in old:
                behind = name
                continue
            at = ends[behind if behind in old else last]
            line = f"{' ' * column}{self.key(name)}:{self._after_colon(self.written(new[name], False, column))}"
            splices.append((at, at, line + "\n" if self._ends_line(at) else "\n" + line))
        return splices

    def _after_colon(self, written: str) -> str:
        return written if written.startswith("\n") else " " + written

    def _flow_mapping(self, node: yaml.MappingNode, old: dict[str, Value], new: dict[str, Value]) -> list[Splice]:
        spans = {key.value: (self.start(key), max(self.end(value), key.end_mark.index)) for key, value in node.value}
        if set(new) == set(old):
            return [one for key, value in node.value if not _same(old[key.value], new[key.value]) for one in self._entry(key, value, old[key.value], new[key.value], False)]
        nodes = {key.value: (key, value) for key, value in node.value}
        pieces = []
        for name in [*(name for name in spans if name in new), *(name for name in new if name not in spans)]:
            if name in spans:
                start, end = spans[name]
                key, value = nodes[name]
                splices = [] if _same(old[name], new[name]) else self._entry(key, value, old[name], new[name], False)
                pieces.append(_spliced(self.text[start:end], splices, start))
            else:
                pieces.append(f"{self.key(name)}: {self.written(new[name], True, 0)}")
        ordered = self._placed(list(spans), new, pieces)
        return [(min(start for start, _ in spans.values()), max(end for _, end in spans.values()), self._joined(ordered, list(spans.values())))]

    def _placed(self, before: list[str], new: Mapping[str, Value], pieces: list[str]) -> list[str]:
        """What is new stands behind what it follows in the new mapping."""
        names = [*(name for name in before if name in new), *(name for name in new if name not in before)]
        by_name = dict(zip(names, pieces))
        order = [name for name in before if name in new]
        behind = ""
        for name in new:
            if name not in order:
                order.insert(order.index(behind) + 1 if behind else len(order), name)
            behind = name
        return [by_name[name] for name in order]

    def _joined(self, pieces: Sequence[str], spans: Sequence[tuple[int, int]]) -> str:
        """The pieces with what stood between their like in the text (commas, breaks, comments), as far as it reaches."""
        gaps = [self.text[end:start] for (_, end), (start, _) in zip(spans, spans[1:])]
        gaps = [gap if "," in gap else ", " for gap in gaps]
        made = pieces[0]
        for index, piece in enumerate(pieces[1:]):
            made += (gaps[index] if index < len(gaps) else ", ") + piece
        return made

    # --- lists --------------------------------------------------------------------------------------------------------------------------

    def _list(self, node: yaml.SequenceNode, old: list[Value], new: list[Value]) -> list[Splice]:
        sources = _matched(old, new)
        if sources == list(range(len(old))):
            return [one for inner, was, now in zip(node.value, old, new) for one in self.edits(inner, was, now)]
        return self._flow_list(node, old, new, sources) if node.flow_style else self._block_list(node, old, new, sources)

    def _flow_list(self, node: yaml.SequenceNode, old: list[Value], new: list[Value], sources: list[int | None]) -> list[Splice]:
        spans = [(self.start(one), self.end(one)) for one in node.value]
        pieces = []
        for value, source in zip(new, sources):
            if source is not None:
                start, end = spans[source]
                pieces.append(_spliced(self.text[start:end], self.edits(node.value[source], old[source], value), start))
            else:
                pieces.append(self.written(value, True, 0))
        return [(spans[0][0], spans[-1][1], self._joined(pieces, spans))]

    def _block_list(self, node: yaml.SequenceNode, old: list[Value], new: list[Value], sources: list[int | None]) -> list[Splice]:
        """Whole lines are moved: an item with the comments above it and behind it."""
        dashes = [self._dash(one) for one in node.value]
        if any(self.text[self.line_start(dash) : dash].strip() for dash in dashes[1:]):
            raise Refused("yaml.not_rewritten", file="")
        column = node.start_mark.column
        begins = [dashes[0]]
        for one in node.value[:-1]:
            begins.append(self.line_end(self.end(one)))
        ends = [*begins[1:], self.line_end(self.end(node.value[-1]))]
        lead = self.text[self.line_start(dashes[0]) : dashes[0]]
        chunks = []
        for value, source in zip(new, sources):
            if source is None:
                chunks.append(self._item(value, column) + "\n")
                continue
            start, end = begins[source], ends[source]
            chunk = _spliced(self.text[start:end], self.edits(node.value[source], old[source], value), start)
            chunks.append((" " * column if source == 0 else "") + chunk)
        body = "".join(chunk if chunk.endswith("\n") else chunk + "\n" for chunk in chunks)
        if not self.text[: ends[-1]].endswith("\n"):
            body = body.removesuffix("\n")
        if not lead.strip():  # the first dash stands alone on its line; in `- - a` it does not, and keeps what is before it
            return [(self.line_start(dashes[0]), ends[-1], body)]
        return [(dashes[0], ends[-1], body[column:])]

    def _dash(self, item: yaml.Node) -> int:
        return self.text.rindex("-", 0, item.start_mark.index + (0 if item.start_mark.index < len(self.text) and self.start(item) != self.end(item) else 1))

    def _item(self, value: Value, column: int) -> str:
        """`- …` at that column, without a line break at the end. What was taken from elsewhere in the text brings its text, moved to the new indentation."""
        node = self.places.get(id(value))
        if isinstance(node, yaml.MappingNode) and self._is_block(node):
            here = column + 2 - node.start_mark.column
            lines = self.text[self.start(node) : self.line_end(self.end(node))].rstrip("\r\n").split("\n")
            return " " * column + "- " + "\n".join([lines[0], *(_indented(line, here) for line in lines[1:])])
        if node is not None and not self._is_block(node):
            start, end = self.start(node), self.end(node)
            behind = "" if "\n" in self.text[start:end] else self._comment(end)
            return " " * column + "- " + self.text[start:end] + behind
        if isinstance(value, dict) and _is_deep(value):
            entries = [f"{self.key(name)}:{self._after_colon(self.written(one, False, column + 2))}" for name, one in value.items()]
            return " " * column + "- " + f"\n{' ' * (column + 2)}".join(entries)
        return " " * column + "- " + self.written(value, True, 0)

    def _comment(self, index: int) -> str:
        """What stands behind an item on its line, when that is a comment."""
        rest = self.text[index : self.line_end(index)].rstrip("\r\n")
        return rest if rest.lstrip().startswith("#") else ""

    # --- writing ------------------------------------------------------------------------------------------------------------------------

    def written(self, value: Value, flow: bool, column: int) -> str:
        """A value in YAML. `flow`: on one line, inside brackets perhaps; else as the value of a key at `column`, and then it may begin with a line break."""
        if isinstance(value, dict):
            if not flow and _is_deep(value):
                inner = column + len(STEP)
                return "".join(f"\n{' ' * inner}{self.key(name)}:{self._after_colon(self.written(one, False, inner))}" for name, one in value.items())
            return "{" + ", ".join(f"{self.key(name)}: {self.written(one, True, 0)}" for name, one in value.items()) + "}"
        if isinstance(value, list):
            if not flow and value and all(isinstance(one, dict) for one in value):
                return "".join("\n" + self._item(one, column + len(STEP)) for one in value)
            return "[" + ", ".join(self.written(one, True, 0) for one in value) + "]"
        return _scalar(value)

    def key(self, name: str) -> str:
        return name if _plain(name) and not re.search(r"[\s:]", name) else json.dumps(name, ensure_ascii=False)

    # --- places in the text -------------------------------------------------------------------------------------------------------------

    def start(self, node: yaml.Node) -> int:
        return int(node.start_mark.index)

    def end(self, node: yaml.Node) -> int:
        """Behind the last character that belongs to the node; the marks of block collections reach over comments and blank lines that follow."""
        if self._is_block(node) and node.value:
            last = node.value[-1]
            return max(self.end(last[1]), last[0].end_mark.index) if isinstance(node, yaml.MappingNode) else self.end(last)
        end = int(node.end_mark.index)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return len(self.text[:end].rstrip())
        return end

    def _is_block(self, node: yaml.Node) -> bool:
        return isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Behind the line break of that line; the end of the text without one."""
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found + 1

    def _ends_line(self, index: int) -> bool:
        return index > 0 and self.text[index - 1] == "\n"


def _spliced(text: str, splices: Sequence[Splice], offset: int) -> str:
    """`text`, which begins at `offset` of the whole, with the splices carried out; those at one place keep their order."""
    made, at = "", 0
    for start, end, new in sorted(splices, key=lambda one: (one[0], one[1])):
        made += text[at : start - offset] + new
        at = end - offset
    return made + text[at:]


def _same(old: Value, new: Value) -> bool:
    return old is new or (type(old) is type(new) and bool(old == new))


def _matched(old: Sequence[Value], new: Sequence[Value]) -> list[int | None]:
    """For each new item the old one it is: the same object, an equal one, or one of the same name; None for what is new here."""
    left = dict(enumerate(old))
    found: list[int | None] = [None] * len(new)
    for same in (lambda a, b: a is b and isinstance(a, (dict, list)), lambda a, b: a == b, lambda a, b: (name := _name(a)) is not None and name == _name(b)):
        for index, value in enumerate(new):
            if found[index] is None:
                match = next((at for at, was in left.items() if same(was, value)), None)
                if match is not None:
                    found[index] = match
                    del left[match]
    if len(old) == len(new):  # what was renamed in its place
        for index in range(len(new)):
            if found[index] is None and index in left and isinstance(old[index], dict) and isinstance(new[index], dict):
                found[index] = index
                del left[index]
    return found


def _name(value: Value) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((f"{key} {value[key]}" for key in ("id", "code", "title") if isinstance(value.get(key), str)), None)


def _is_deep(value: Mapping[str, Value]) -> bool:
    """Whether a mapping is easier to read on several lines: it holds a list of mappings, or one that is to become it."""
    return any(isinstance(one, list) and all(isinstance(each, dict) for each in one) for one in value.values())


def _indented(line: str, by: int) -> str:
    if not line.strip():
        return line
    return " " * by + line if by >= 0 else line[-by:] if not line[:-by].strip() else line.lstrip(" ")


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (int, date)):
        return str(value)
    text = str(value)
    return text if _plain(text) else json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> bool:
    """Whether a text may stand without quotes, on a line of its own and between brackets, and stay this text."""
    if not text or text != text.strip() or any(sign in text for sign in "\n\r\t,[]{}#\"'\\"):
        return False
    try:
        return all(value == text for value in _readings(text))
    except Invalid:
        return False


def _readings(text: str) -> Iterator[Value]:
    yield read_yaml(f"a: {text}\n".encode(), "").value["a"]
    yield read_yaml(f"{{a: {text}}}\n".encode(), "").value["a"]
