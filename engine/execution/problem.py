"""What stops a token and needs a person: raised inside a step, kept as an incident; never shown as a refusal."""
from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):
    """`code` names the sentence in the catalogue, `details` its placeholders (plain JSON values)."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code, details)
        self.code = code
        self.details: Mapping[str, object] = details
