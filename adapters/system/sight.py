"""Who could see an instance, and who could act in it, at a moment that has passed: from the grants in force then and the folded state."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.database.chronicle import Chronicle, Held
from adapters.database.queries import InstanceLine
from adapters.system.timeline import Moment, OpenTask


@dataclass(frozen=True, slots=True)
class Ground:
    """Why somebody could look. `kind`: started | asked | oversees | audits. `held`: the post it rests on; None where it rests on their name."""

    kind: str
    held: Held | None


@dataclass(frozen=True, slots=True)
class Onlooker:
    """A person who could see the instance then. `recused`: had withdrawn from it, and so could not after all."""

    person: str
    name: str
    grounds: tuple[Ground, ...]
    recused: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """`acting`: task → (id, name) of the people who could act on it then."""

    at: datetime
    onlookers: tuple[Onlooker, ...]
    acting: Mapping[str, tuple[tuple[str, str], ...]]


def sight(chronicle: Chronicle, place: str, line: InstanceLine, moment: Moment, at: datetime, names: Mapping[str, str]) -> Sight:
    """Who could see `line` at `at`, in which it stood as `moment` says. `names`: of people, by id, for those who hold no post."""
    held = chronicle.held(place, at)
    people: dict[str, list[Held]] = {}
    for post in held:
        people.setdefault(post.person, []).append(post)
    asked = frozenset(moment.asked)
    by_name = {candidate.removeprefix("user:") for candidate in asked if candidate.startswith("user:")} | ({line.started_by} & names.keys())
    path = chronicle.path_of(place, line.org) if line.org else ""
    recused = chronicle.recused(place, [line.id, *{task.about for task in moment.tasks if task.about}], at)
    found = []
    for person in sorted(people.keys() | by_name):
        grounds = tuple(_grounds(person, people.get(person, ()), line, asked, path))
        if grounds:
            name = people[person][0].name if person in people else names.get(person, person)
            found.append(Onlooker(person, name, grounds, (person, line.id) in recused))
    acting = {task.id: tuple(_acting(task, people, names, recused, line.id)) for task in moment.tasks}
    return Sight(at, tuple(found), acting)


def _grounds(person: str, held: Sequence[Held], line: InstanceLine, asked: frozenset[str], path: str) -> list[Ground]:
    """The same ways as `visibility.visible_to` knows, each with what it rests on."""
    found = [Ground("started", None)] if person == line.started_by else []
    found += [Ground("asked", None)] if f"user:{person}" in asked else []
    for post in held:
        if post.candidate in asked:
            found.append(Ground("asked", post))
        if post.reach == "below" and path and (path == post.path or path.startswith(post.path + "/")):
            found.append(Ground("oversees", post))
        if post.reach == "place":
            found.append(Ground("audits", post))
    return found


def _acting(task: OpenTask, people: Mapping[str, list[Held]], names: Mapping[str, str], recused: set[tuple[str, str]], instance: str
            ) -> list[tuple[str, str]]:
    candidates = {f"user:{task.assignee}"} if task.assignee else set(task.candidates)
    named = {candidate.removeprefix("user:") for candidate in candidates if candidate.startswith("user:")}
    could = named | {person for person, held in people.items() if any(post.candidate in candidates for post in held)}
    able = {person for person in could if not {(person, instance), (person, task.about)} & recused}
    return [(person, people[person][0].name if person in people else names.get(person, person)) for person in sorted(able)]
