"""Documents as PDF: data and a template go in, bytes come out. Chooses no reader and reads no database."""
from adapters.documents.typesetting import Documents, Unprintable

__all__ = ["Documents", "Unprintable"]
