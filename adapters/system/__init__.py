"""The composition root: the only place that joins adapters; imported by the entry points (web app factory, command line, worker) and tests."""
from adapters.system.root import ROOT, Settings, System
from adapters.system.design import Design

__all__ = ["ROOT", "Design", "Settings", "System"]
