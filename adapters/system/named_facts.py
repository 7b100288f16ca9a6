"""The named facts that the store answers and what each is asked with, for the reference; answers none itself."""
from __future__ import annotations

from inspect import signature
from typing import Any, cast

from adapters.database.facts import StoredFacts


def named_facts() -> list[tuple[str, list[str]]]:
    """(name, its arguments), in the order in which the store lists them."""
    nobody = cast(Any, None)  # no fact is read: only the methods are looked at
    answers = StoredFacts(nobody, "", nobody, 0)._answers
    return [(name, [argument.rstrip("_") for argument in signature(answer).parameters]) for name, answer in answers.items()]
