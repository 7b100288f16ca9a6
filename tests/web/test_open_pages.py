"""Public notices without signing in: what is listed, how to object, and nothing more."""
from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from adapters.database import schema
from adapters.system import System
from engine.journal.canonical import canonical_text
from tests.web import world
from tests.web.conftest import Browser

LISTED = [{"code": "TJ2021-3", "label": "TJ2021-3 示例冶金一公司"}, {"code": "TJ2021-21", "label": "TJ2021-21 示例建材一公司 <b>"}]


def publish(system: System, status: str) -> str:
    """A public notice of the world's campaign, as the register keeps it; the campaign's id."""
    campaign = system.queries.campaigns(world.PLACE, world.person_of("auditor", "fuxin-health"))[0].id
    data = canonical_text({"starts": date(2021, 10, 26), "ends": date(2021, 11, 1), "published": LISTED})
    row = {"place": world.PLACE, "campaign": campaign, "kind": "notice", "key": "2021-10-26", "status": status, "data": data, "instance": campaign, "updated_at": 1, "seq": 1}
    with system.database.changing() as connection:
        connection.execute(sa.insert(schema.record).values(row))
    return campaign


def test_anybody_reads_a_notice_and_how_to_object(own_system: System, own_client: Browser) -> None:
    campaign = publish(own_system, "open")

    listed = own_client.get("/public").text
    text = own_client.get(f"/public/{world.PLACE}/{campaign}").text

    assert f'href="/public/{world.PLACE}/{campaign}"' in listed
    for words in ("阜新市2021年争做“职业健康达人”活动人选公示", "2021年10月26日（周二） 至 2021年11月1日（周一）", "TJ2021-3", "示例冶金一公司", "本步骤为系统默认", "24:00 前以真实姓名书面提出"):
        assert words in text
    assert "示例建材一公司 &lt;b&gt;" in text


def test_a_closed_notice_takes_no_objections(own_system: System, own_client: Browser) -> None:
    campaign = publish(own_system, "closed")

    assert "公示期已结束" in own_client.get(f"/public/{world.PLACE}/{campaign}").text


@pytest.mark.parametrize("path", ["/public/nowhere/x", f"/public/{world.PLACE}/x", "/public/live/x"])
def test_what_is_not_published_is_not_found(own_client: Browser, path: str) -> None:
    assert own_client.get(path).status_code == 404
