"""An auditor's account reads: every request that would change something is refused for it, but for what is its own; knows no page."""
from __future__ import annotations

import re

from fastapi import Request

from adapters.web.security import SAFE_METHODS
from adapters.web.signed_in import AUDITOR, session_of, system_of
from engine.refusals import Refused

# Signing in and out, the language, having read one's messages, and the acts of auditing, which are journalled and touch no process.
OWN = re.compile(r"/(sign-in(/demo)?|sign-out|language|notifications(/[^/]+)?/read|audit(/.*)?|api/v1/session)\Z")


def read_only(request: Request) -> None:
    """Raises Refused `audit.read_only` for whoever holds the post of an auditor now, whatever else they hold."""
    if request.method in SAFE_METHODS or OWN.fullmatch(request.url.path):
        return
    session = session_of(request)
    if session is not None and any(each.role == AUDITOR for each in system_of(request).people.holdings(session.place, session.user)):
        raise Refused("audit.read_only")
