"""Corrections by program: asked, sent, answered in parts, handed in once; exact values, and walls as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from correcting import task_of, uploads
from office import Office
from program import Program

ITEM = {
    "kind": "fact",
    "target": "ground_floor_area_m2",
    "reason": "与规划许可证不一致",
    "clause": "第四十六条",
    "wanted": "按规划许可证更正",
}


@pytest.fixture
def program(web: Any) -> Callable[[str], Program]:
    """A program logged in as somebody: `program("rf-officer")`."""
    return lambda login: Program(web, login)


@pytest.fixture
def received(office: Office) -> UUID:
    """E1 accepted and computed, nothing decided."""
    application_id = office.receives().application_id
    office.works()
    return application_id


class TestCorrectionsByProgram:
    def test_go_from_the_request_to_the_answer(
        self, office: Office, received: UUID, program: Callable[[str], Program]
    ) -> None:
        officer, lead, applicant = program("rf-officer"), program("zj-officer"), program("applicant")
        task = task_of(office, received, "rf")
        paper = ITEM | {"kind": "paper", "target": "shelter"}
        asked = officer.post(f"/tasks/{task.id}/corrections", {"items": [ITEM, paper]})
        assert asked.status_code == 200, asked.text
        assert [item["name"] for item in asked.json["corrections"][0]["items"]] == [
            "首层建筑面积",
            "防空地下室设计文件",
        ]
        address = f"/applications/{received}/corrections"
        assert applicant.get(address).json == {"corrections": [], "papers_needed": []}
        for _ in range(2):
            sent = lead.post(f"{address}/send")
            assert (sent.status_code, sent.json["corrections"][0]["number"]) == (200, "瀚一单补〔2014〕1号")

        fact = {"kind": "fact", "target": "ground_floor_area_m2", "value": "6102.45"}
        assert applicant.put(f"{address}/answers", {"answers": [fact]}).status_code == 200
        refused = applicant.post(f"{address}/submit")
        assert (refused.status_code, refused.json["problems"][0]["field"]) == (422, "paper-shelter")
        given = {"kind": "paper", "target": "shelter", "paper_id": str(uploads(office, "shelter"))}
        assert applicant.put(f"{address}/answers", {"answers": [given]}).status_code == 200
        done = applicant.post(f"{address}/submit")
        assert done.json == {
            "number": "瀚一单补〔2014〕1号", "reopened": [], "recomputed": ["RFY"], "repeated": False,
        }  # fmt: skip
        again = applicant.post(f"{address}/submit")
        assert (again.json["repeated"], again.headers["Idempotent-Replayed"]) == (True, "true")
        late = applicant.put(f"{address}/answers", {"answers": [fact]})
        assert late.status_code == 409
        english = officer.client.put(
            f"/api/v1{address}/answers?lang=en", json={"answers": []}, headers={"Authorization": "Bearer x"}
        )
        assert english.status_code == 401

    def test_name_the_paper_that_a_corrected_fact_makes_necessary(
        self, office: Office, received: UUID, program: Callable[[str], Program]
    ) -> None:
        item = ITEM | {"kind": "fact", "target": "community_care_area_m2"}
        program("rf-officer").post(f"/tasks/{task_of(office, received, 'rf').id}/corrections", {"items": [item]})
        program("zj-officer").post(f"/applications/{received}/corrections/send")
        applicant = program("applicant")
        address = f"/applications/{received}/corrections"
        value = {"kind": "fact", "target": "community_care_area_m2", "value": "120.50"}
        assert applicant.put(f"{address}/answers", {"answers": [value]}).json["papers_needed"] == ["care_proof"]
        refused = applicant.post(f"{address}/submit")
        assert refused.status_code == 422
        assert refused.json["problems"][0]["field"] == "paper-care_proof"

        proof = {"kind": "paper", "target": "care_proof", "paper_id": str(uploads(office, "care_proof"))}
        assert applicant.put(f"{address}/answers", {"answers": [proof]}).status_code == 200
        assert applicant.post(f"{address}/submit").status_code == 200
        assert applicant.get(address).json["papers_needed"] == []

    @pytest.mark.parametrize(
        "change", [{"kind": "gift"}, {"target": 7}, {"reason": ""}, {"more": 1}, {"reason": "\ud800"}, {"clause": None}]
    )
    def test_refuse_what_is_no_request(
        self, office: Office, received: UUID, program: Callable[[str], Program], change: dict[str, Any]
    ) -> None:
        task = task_of(office, received, "rf")
        answer = program("rf-officer").post(f"/tasks/{task.id}/corrections", {"items": [ITEM | change]})
        assert answer.status_code == 422
        assert office.one("select count(*) from correction_notice") == 0

    def test_refuse_a_float_for_a_fact(self, office: Office, received: UUID, program: Callable[[str], Program]) -> None:
        task = task_of(office, received, "rf")
        program("rf-officer").post(f"/tasks/{task.id}/corrections", {"items": [ITEM]})
        program("zj-officer").post(f"/applications/{received}/corrections/send")
        applicant = program("applicant")
        address = f"/applications/{received}/corrections"
        value = {"kind": "fact", "target": "ground_floor_area_m2", "value": 6102.45}
        kept = applicant.put(f"{address}/answers", {"answers": [value]})
        assert 422 in (kept.status_code, applicant.post(f"{address}/submit").status_code)
        bad = {"kind": "paper", "target": "shelter", "paper_id": "nothing"}
        assert applicant.put(f"{address}/answers", {"answers": [bad]}).status_code == 422

    def test_keep_the_walls(self, office: Office, received: UUID, program: Callable[[str], Program]) -> None:
        task = task_of(office, received, "rf")
        other, officer = program("qg-officer"), program("rf-officer")
        assert other.post(f"/tasks/{task.id}/corrections", {"items": [ITEM]}).status_code == 404
        assert officer.post(f"/applications/{received}/corrections/send").status_code == 404
        asked = officer.post(f"/tasks/{task.id}/corrections", {"items": [ITEM]}).json["corrections"][0]["items"][0]
        assert other.post(f"/corrections/items/{asked['id']}/take-back").status_code == 404
        assert officer.post(f"/corrections/items/{asked['id']}/take-back").json["corrections"] == []
        assert officer.put(f"/applications/{received}/corrections/answers", {"answers": []}).status_code == 404
        assert officer.get(f"/applications/{uuid4()}/corrections").status_code == 404
