"""DMN 1.5: decision models read from XML, checked, and evaluated with FEEL. Knows nothing of processes."""
from engine.dmn.checker import check_tables
from engine.dmn.graph import Fired
from engine.dmn.model import Model, Result, parse_dmn

__all__ = ["Fired", "Model", "Result", "check_tables", "parse_dmn"]
