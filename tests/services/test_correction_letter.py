"""The notice of corrections made from a real case: each target once, every unit named, nothing cut."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from correcting import asks, fact, paper, sends, statement
from office import Office

from services import documents
from shared.db import documents as stored
from shared.settings import settings
from shared.tasks import Task
from workers import batches

FONTS = Path(__file__).resolve().parents[2] / "var" / "fonts"


@pytest.fixture
def press(office: Office) -> Office:
    """The office with the faces that set-up prepared."""
    (settings().var_dir / "fonts").symlink_to(FONTS)
    documents.producer.cache_clear()
    return office


def printed(office: Office) -> str:
    """The notice's text without blanks, cell by cell: beside each other they would run into one another."""
    for message in office.bells(Task.PRODUCE_DOCUMENTS):
        batches.run_each(documents.compose, documents.produce, documents.record, message.ids)
    application_id = office.one("select application_id from correction_notice")
    with office.sits() as sitting:
        made = [each for each in stored.of_application(sitting.session, application_id) if each.kind == "correction"]
    assert made[0].sha256, office.rows("select problem from outbox where problem <> ''")
    path = office.storage.path(made[0].sha256)
    text = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return "".join(text.split())


class TestTheLetter:
    def test_says_each_target_once_with_every_unit_that_asked(self, press: Office) -> None:
        application_id = press.receives().application_id
        asks(press, application_id, "rf", fact(reason="与规划许可证载明的6,102.45平方米不一致"), paper("shelter"))
        asks(press, application_id, "zr", fact(reason="与总平面图不一致"), paper("siteplan", "未标注退线"))
        asks(press, application_id, "sw", statement())
        sends(press, application_id)

        text = printed(press)

        assert "瀚一单补〔2014〕1号" in text
        assert text.count("首层建筑面积") == 1
        assert "市人民防空办公室、市自然资源和规划局" in text
        assert "申报值：6,012.45平方米" in text
        (first, *_rest) = press.one("select view->'items' from document where kind = 'correction'")
        assert first["problem"] == (
            "市人民防空办公室：与规划许可证载明的6,102.45平方米不一致；市自然资源和规划局：与总平面图不一致"
        )
        assert "载明的6,102.45平方米" in text
        assert "本告知书汇总了3个部门的全部补正要求" in text
        assert "请于2014年9月28日前通过原申报渠道逐项答复" in text
        for part in ("更正数据", "补交材料", "书面说明", "基坑降水去向", "总平面图和规划设计方案"):
            assert part in text

    def test_of_forty_items_with_hostile_text_and_rare_characters_loses_nothing(self, press: Office) -> None:
        application_id = press.receives(press.body(project_name="碧海䶮𬭎龑花园")).application_id
        hostile = "<img src=x onerror=alert(1)> & {{ 7*7 }} \\u0041 %s"
        asks(press, application_id, "sw", *(statement(f"第{n}问䶮龑", f"{hostile}{n}") for n in range(40)))
        sends(press, application_id)

        text = printed(press)

        assert all(f"第{n}问䶮龑" in text for n in range(40))
        assert text.count("<imgsrc=xonerror=alert(1)>&{{7*7}}\\u0041%s") == 40
        assert "碧海䶮𬭎龑花园" in text
        assert press.rows("select * from case_item where kind = 'unprintable'") == []
