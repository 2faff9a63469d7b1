"""What the demonstration shows of review in depth: a correction, mutual prerequisites, a hand-over between levels.

Each is told as a script: what departments and the applicant do between submission and the last verdict, all over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from console.demo_papers import sample_paper
from shared.db.clock import CHINA

if TYPE_CHECKING:
    from console.demo import Demo, Progress

#: All three are accepted on this Monday; what their tariff says of it is checked like any other case's.
ACCEPTED_ON = "2016-05-16"
MET_AT = datetime(2016, 5, 17, 14, 30, tzinfo=CHINA)


@dataclass(frozen=True, slots=True)
class Script:
    """One case: the example it starts from, what is different, and what the answer to a correction changes."""

    name: str
    example: str
    area_code: str
    site: str
    facts: Mapping[str, Any]
    situations: tuple[str, ...] = ()
    corrected: Mapping[str, Any] = field(default_factory=dict)


SCRIPTS = MappingProxyType(
    {
        script.name: script
        for script in (
            Script(
                "correction",
                "E5",
                "gx",
                "瀚海市高新区海岳大道3号",
                {"project_name": "海岳中心二期（补正）", "floor_area_m2": "65010.50"},
                corrected={"floor_area_m2": "65010.05"},
            ),
            Script(
                "together",
                "E2",
                "lg",
                "瀚海市临港区船厂路8号",
                {"project_name": "船厂路仓储扩建（互为前置）"},
                situations=("road_works",),
            ),
            Script("district", "E2", "dw", "瀚海市东湾区碧海路20号", {"project_name": "碧海路车间（市区一体）"}),
        )
    }
)


def correct(demo: Demo, progress: Progress, application_id: str) -> None:
    """补正: fire protection wants a paper, planning a fact; one notice, one answer, only what it touches again."""
    path, script = f"/api/v1/applications/{application_id}", SCRIPTS["correction"]
    asked = {
        "xf-fire": {
            "kind": "paper",
            "target": "fire",
            "reason": "消防设计文件缺少防火分区图",
            "clause": "《建设工程消防设计审查验收管理暂行规定》第十六条",
            "wanted": "补齐防火分区图后重新上传",
        },
        "zr-planning": {
            "kind": "fact",
            "target": "floor_area_m2",
            "reason": "申报的建筑面积与测算报告不一致",
            "clause": "《城乡规划法》第四十条",
            "wanted": "按测算报告更正建筑面积",
        },
    }
    for task in progress.tasks:
        if task["matter_code"] in asked:
            officer = demo.person(f"{task['unit_code']}-officer")
            officer.post(f"/api/v1/tasks/{task['id']}/corrections", {"items": [asked[task["matter_code"]]]})
    demo.let_officers_decide(progress, leave=tuple(asked))
    sent = demo.person("zj-officer").post(f"{path}/corrections/send")["corrections"][-1]
    progress.note(f"补正 {sent['number']}")
    demo.set_clock(datetime.fromisoformat(ACCEPTED_ON).replace(hour=16, tzinfo=CHINA) + timedelta(days=2))
    applicant = demo.person("applicant")
    paper = applicant.upload(
        "/api/v1/attachments",
        name="消防设计文件（补正）.pdf",
        content=sample_paper("消防设计文件", progress.project, demo.config.fonts_dir),
        material_code="fire",
    )
    answers = [
        {"kind": "paper", "target": "fire", "paper_id": paper["id"]},
        {"kind": "fact", "target": "floor_area_m2", "value": script.corrected["floor_area_m2"]},
    ]
    applicant.put(f"{path}/corrections/answers", {"answers": answers})
    applicant.post(f"{path}/corrections/submit")
    progress.note("答复")
    demo.until(progress, path, "重核", lambda: all(line["state"] != "pending" for line in progress.lines))


def meet(demo: Demo, progress: Progress, application_id: str) -> None:
    """互为前置: what waits for each other is decided in one joint meeting, at the same moment."""
    demo.let_officers_decide(progress)
    lead, path = demo.person("zj-officer"), f"/api/v1/applications/{application_id}"
    (meeting,) = lead.get(f"{path}/meetings")["meetings"]
    planned = lead.post(
        f"/api/v1/meetings/{meeting['id']}/plan",
        {"planned_at": MET_AT.isoformat(), "place": "瀚海市政务服务中心三楼会议室", "chair": "章远山"},
    )
    demo.set_clock(MET_AT + timedelta(hours=1))
    speakers = {each["unit_code"]: each["id"] for each in reversed(planned["people"])}
    held = lead.post(
        f"/api/v1/meetings/{meeting['id']}/record",
        {
            "attendance": {
                seat["unit_code"]: {"attended": True, "speaker": speakers[seat["unit_code"]]}
                for seat in planned["seats"]
            },
            "verdicts": {
                task["id"]: {"verdict": "approved", "opinion": "管线迁改与占道挖掘同步实施，夜间恢复通行，同意。"}
                for task in planned["tasks"]
            },
            "discussed": "供排水管线迁改以占道挖掘许可为前提，占道挖掘许可以迁改方案为前提，经会议协调一并审定。",
        },
    )
    progress.note(f"会议 {held['number']}")


def hand_over(demo: Demo, progress: Progress, application_id: str) -> None:
    """市区一体: the district passes its matter up to the city; the same clock goes on."""
    task = next(each for each in progress.tasks if each["matter_code"] == "site-check")
    officer = demo.person(f"{task['unit_code']}-officer")
    officer.post(
        f"/api/v1/tasks/{task['id']}/handover",
        {"to_unit": "zj", "reason": "工地跨区界，按市区一体办理规则由市级窗口核验"},
    )
    demo.look(progress, f"/api/v1/applications/{application_id}")
    progress.note("移交")


ACTS = MappingProxyType({"correction": correct, "together": meet, "district": hand_over})
