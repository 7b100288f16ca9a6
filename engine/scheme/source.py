"""The YAML reader as adapters know it, beside the schemes; the code is in `forms/source.py`, because forms may not import the engine."""
from forms.source import Document, Value, join, read_yaml

__all__ = ["Document", "Value", "join", "read_yaml"]
