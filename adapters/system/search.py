"""Search in the registers, for the pages; finds nothing itself."""
from __future__ import annotations

from adapters.database.search import Hit, Search

__all__ = ["Hit", "Search"]
