"""Raw text and expression results as exact numbers and options; pure conversions, no fields."""
from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from forms.answers import Raw, Value
from forms.fields import Wrong
from forms.numbers import narrow

NUMBER = re.compile(r"[-+]?[0-9]{1,25}(\.[0-9]{1,9})?\Z")


def exact(raw: Raw) -> Decimal:
    """A number typed or sent as JSON (a float as it prints), without rounding. Raises Wrong."""
    if isinstance(raw, str):
        text = narrow(raw)
        if not NUMBER.match(text):
            raise Wrong("form.not_number")
        return Decimal(text)
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal)):
        raise Wrong("form.not_number")
    number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    if not number.is_finite() or abs(number) >= Decimal("1e25"):
        raise Wrong("form.not_number")
    return number


def places_of(number: Decimal) -> int:
    """Digits after the point that are not trailing zeros."""
    return max(0, -int(number.normalize().as_tuple().exponent))


def choices_of(found: Value) -> dict[str, str]:
    """Options from an expression: a list of texts, or of contexts with `code` or `id` or `key`, and `label` or `name` or `title`."""
    options: dict[str, str] = {}
    for one in found if isinstance(found, (list, tuple)) else ():
        if isinstance(one, Mapping):
            code = next((one[key] for key in ("code", "id", "key") if one.get(key) is not None), None)
            label = next((one[key] for key in ("label", "name", "title") if one.get(key) is not None), code)
            if code is not None:
                options[str(code)] = str(label)
        elif one is not None:
            options[str(one)] = str(one)
    return options
