"""The materials of those whom a judge scores, for the pages; judges nothing itself."""
from __future__ import annotations

from adapters.database.materials import Listed, Materials

__all__ = ["Listed", "Materials"]
