"""FEEL of DMN 1.5: parsed once, side-effect free, deterministic, bounded. Knows nothing of diagrams, databases or clocks."""
from engine.feel.errors import FeelError, FeelSyntaxError, Reason, Rejected
from engine.feel.evaluation import Environment
from engine.feel.expression import Expression, attribute, of_tree, parse
from engine.feel.functions import BUILT_INS
from engine.feel.temporal import YearMonthDuration
from engine.feel.values import Function, Range, kind, text_of

__all__ = [
    "BUILT_INS", "Environment", "Expression", "FeelError", "FeelSyntaxError", "Function", "Range", "Reason", "Rejected", "YearMonthDuration",
    "attribute", "kind", "of_tree", "parse", "text_of",
]
