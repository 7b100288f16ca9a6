"""Spreadsheets of organisations, people and posts: read cell by cell, checked as a whole; stores nothing."""
from adapters.sheets.people import Grant, Known, Organisation, Person, Roster, read_roster, template

__all__ = ["Grant", "Known", "Organisation", "Person", "Roster", "read_roster", "template"]
