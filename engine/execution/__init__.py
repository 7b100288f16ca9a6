"""The token machine: rows of state, events that change them, one behaviour per BPMN element."""
