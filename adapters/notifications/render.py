"""Fills the `{gaps}` of a message text from a flat dict of allowed values; it is no template language: nothing is evaluated."""
from __future__ import annotations

import re
from collections.abc import Mapping

from engine.refusals import Finding

GAP = re.compile(r"\{([^{}\s]{1,80})\}")
LIMIT = 64 * 1024  # characters of a finished text


def rendered(text: str, values: Mapping[str, object]) -> str:
    """`text` with every gap filled once; values are put in as they are, a gap without value stays a visible 〔name〕."""
    filled = GAP.sub(lambda gap: _shown(values[gap[1]]) if gap[1] in values else f"〔{gap[1]}〕", text)
    return filled if len(filled) <= LIMIT else filled[: LIMIT - 1] + "…"


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(_shown(v) for v in value)
    return "" if value is None else str(value)


def findings(texts: Mapping[str, Mapping[str, str]], allowed: Mapping[str, frozenset[str]], file: str) -> list[Finding]:
    """Gaps that no caller fills: `texts` by template id with `title` and `body`, `allowed` names by template id."""
    return [Finding("text.gap", file=file, element=f"{id}.{part}", details={"gap": gap})
            for id, parts in texts.items() for part, text in parts.items() if isinstance(text, str)
            for gap in GAP.findall(text) if id in allowed and gap not in allowed[id]]
