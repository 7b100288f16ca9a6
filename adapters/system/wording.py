"""A notification in the words of a mail: the package's own text, or ours for what concerns a task; sends nothing."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.locale import knows, say
from adapters.web.messages import WRITTEN_MOMENT


def of_task(
    template: str, params: Mapping[str, Any], title: str, link: str, zone: ZoneInfo, names: Callable[[Iterable[str]], Mapping[str, str]],
) -> tuple[str, str] | None:
    """Title and body of what is said about somebody's own task, None when `template` is none of ours. `title`: of the matter; `names`: people's by id."""
    code = f"message.{template}"
    if not knows(code):
        return None
    by = str(params.get("by") or "")
    given = {**written(params, zone), "by": names([by]).get(by, "") if by else ""}
    lines = (title, str(params.get("text") or params.get("reason") or ""), link)
    return say(code, **given), "\n".join(line for line in lines if line)


def written(value: Any, zone: ZoneInfo) -> Any:
    """Days and moments as a letter writes them, with their year, for it may be read on another day; everything else as it is."""
    if isinstance(value, str) and (found := WRITTEN_MOMENT.match(value)):
        value = datetime.fromisoformat(found[1]).replace(tzinfo=zone)
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        if (local.hour, local.minute) == (0, 0):  # midnight belongs to the day that it ends
            return f"{_day(local.date() - timedelta(days=1))}24:00"
        return f"{_day(local.date())}{local:%H:%M}"
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, Mapping):
        return {name: written(each, zone) for name, each in value.items()}
    return value


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
