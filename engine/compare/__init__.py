"""What is different between two diagrams, schemes or packages, as a list of coded changes; words for them live in `adapters/locale`."""
