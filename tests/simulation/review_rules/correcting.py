"""补正, the departments' side: asked for within a window, sent once, urged or ended when nobody answers."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule
from simulation.review_rules.applying import FACTS
from simulation.review_rules.scene import APPLICATIONS, UNDER_REVIEW, Scene, having

from services import corrections
from shared.domain.corrections import CorrectionKind, Request

#: What may be asked for again: papers that every case has, and one that only some matters look at.
PAPERS: Final = ("drawings", "siteplan", "contract", "waste")


def _requests() -> list[Request]:
    return [
        *(
            Request(kind=CorrectionKind.PAPER, target=code, reason="看不清", clause="第五条", wanted="重新上传")
            for code in PAPERS
        ),
        *(
            Request(kind=CorrectionKind.FACT, target=name, reason="与图纸不符", clause="第六条", wanted="更正")
            for name in FACTS
        ),
        Request(kind=CorrectionKind.STATEMENT, target="夜间施工", reason="缺说明", clause="第七条", wanted="说明"),
        Request(kind=CorrectionKind.STATEMENT, target="", reason="缺说明", clause="第七条", wanted="说明"),
    ]


class Correcting(Scene):
    """What departments ask an applicant for."""

    @rule(application=APPLICATIONS, data=st.data())
    def asks_for_corrections(self, application: UUID, data: st.DataObject) -> None:
        task = data.draw(self.tasks(application))
        asked = data.draw(st.lists(st.sampled_from(_requests()), min_size=1, max_size=3, unique_by=id))
        self.tries(corrections.ask, task, data, requests=asked)

    @having("collecting")
    @rule(data=st.data(), other=st.booleans())
    def takes_a_request_back(self, data: st.DataObject, other: bool) -> None:
        application = data.draw(self.one_having("collecting"))
        found = self.office.rows(
            "select i.id, i.unit_code from correction_item i join correction_notice n on n.id = i.notice_id "
            "where n.application_id = :id and i.state = 'asked' order by n.seq desc, i.seq",
            id=application,
        )
        if found:
            item = found[0]
            actor = self.actor("qx-officer" if other else f"{item.unit_code}-officer")
            self.act(lambda sitting: corrections.take_back(sitting, item_id=item.id, actor=actor), by=actor)

    @having("collecting")
    @rule(data=st.data())
    def the_lead_sends_the_notice(self, data: st.DataObject) -> None:
        application = data.draw(self.one_having("collecting"))
        actor = self.actor("zj-officer")
        self.act(lambda sitting: corrections.send_now(sitting, application_id=application, actor=actor), by=actor)

    @having("sent")
    @rule(data=st.data(), end=st.sampled_from([False, False, True]))
    def nobody_answers(self, data: st.DataObject, end: bool) -> None:
        """The lead window urges, or ends the case as withdrawn; both only once the time for an answer is over."""
        application = data.draw(self.one_having("sent"))
        lead, act = self.actor("zj-officer"), corrections.end_unanswered if end else corrections.remind
        for notice in self.sent_notices(application):
            done = self.act(lambda sitting, each=notice: act(sitting, notice_id=each.id, actor=lead), by=lead)
            assert done == (notice.reply_due_on < self.today and notice.status in UNDER_REVIEW)

    def sent_notices(self, application: UUID) -> list[Any]:
        return self.office.rows(
            "select n.id, n.reply_due_on, a.status from correction_notice n join application a "
            "on a.id = n.application_id where a.id = :id and n.state = 'sent'",
            id=application,
        )
