"""BPMN 2.0: XML becomes a checked, immutable process graph; nothing here executes."""
