"""Arithmetic of a selection on given values: quota ledger, score sheets, ranking, ties, substitution. Reads and stores nothing."""
