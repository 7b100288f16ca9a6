"""Signing in: passwords, sessions, rate limits. Who may do what is asked elsewhere (grants), never here."""
from adapters.identity.accounts import Identity, Policy, Session

__all__ = ["Identity", "Policy", "Session"]
