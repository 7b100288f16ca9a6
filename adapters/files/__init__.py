"""Uploaded files: kinds that are taken, encrypted parts on the disk, resumable upload, range reads; who may see a file is the database's."""
from adapters.files.folder import Files, FileInfo

__all__ = ["FileInfo", "Files"]
