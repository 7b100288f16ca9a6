"""The revisions of the schema, one file each in `versions/`; they are run by `adapters/database/upgrade.py` and import nothing of the product."""
