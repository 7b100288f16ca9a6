"""Numbered revisions, never changed once released; `serves` names the oldest revision whose program may still run on the schema after it."""
