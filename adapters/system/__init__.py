"""The composition root: the only place that joins adapters; imported by the entry points (web app factory, command line, worker) and tests."""
from adapters.system.root import ROOT, Settings, System

__all__ = ["ROOT", "Settings", "System"]
