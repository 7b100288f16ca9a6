"""The people of a demo or rehearsal place that one click signs in as: one for each well-known role first, then all others."""
from __future__ import annotations

from collections.abc import Sequence

from adapters.web.ports import Row, System
from adapters.web.views import Persona

# The roles offered first, as people of the office call them.
MAIN = (
    ("employer_clerk", "企业经办人"), ("channel_health", "区卫健局经办"), ("channel_union", "区总工会"), ("group_office", "市领导小组办公室"), ("judge", "评委"),
    ("administrator", "管理员"), ("auditor", "审计员"),
)
MOST = 500


def personas(system: System, place: str) -> tuple[Sequence[Persona], Sequence[Persona]]:
    """(one for each main role, everybody else), for the sign-in page of a place that is no live one."""
    people = sorted(system.queries.people(place, "", MOST), key=lambda each: each.id)
    first = {role: next((each for each in people if any(post[1] == role for post in each.posts)), None) for role, _ in MAIN}
    main = [_persona(found, role, label) for role, label in MAIN if (found := first[role]) is not None]
    chosen = {each.user for each in main}
    return main, [_persona(each, each.posts[0][1], each.posts[0][0]) for each in people if each.posts and each.id not in chosen]


def _persona(person: Row, role: str, label: str) -> Persona:
    return Persona(person.id, label, person.name, next((org for _, held, org in person.posts if held == role), ""))


def offered(system: System, place: str) -> set[str]:
    """The ids of all who may be chosen."""
    main, others = personas(system, place)
    return {each.user for each in (*main, *others)}
