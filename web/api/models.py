"""What goes in and out of the API, for its description and for refusing unknown keys.

Nothing is converted on the way in: facts keep their raw JSON values, so that the domain decides what is exact.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from flask_openapi.models.file import FileStorage
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, StringConstraints, field_validator

from shared.domain.facts import FACT_NAMES

Text = Annotated[str, StringConstraints(max_length=200)]
Amount = Annotated[str, Field(description="元，两位小数", examples=["1234.50"])]


class Incoming(BaseModel):
    """Strict: no unknown key, no conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Incoming):
    """A request without parameters."""


class Credentials(Incoming):
    login: Text
    password: Text


class Submission(Incoming):
    """One application; `facts` without case number and acceptance date, which the office sets."""

    facts: Any = Field(
        description='项目事实；数量和金额写成字符串，例如 86432.18 写作 "86432.18"',
        json_schema_extra={
            "type": "object",
            "properties": {
                name: {"title": title} for name, title in FACT_NAMES.items() if name not in ("case", "accepted_on")
            },
        },
    )
    area_code: Any = Field(default=None, description="项目所在区", examples=["dw"])
    site: Any = Field(default="", description="建设地点")
    attachments: Any = Field(default_factory=list, description="已上传材料的编号")
    situations: Any = Field(default_factory=list, description="工程涉及的情形（代码），带来相应的事项和材料")
    commitments: Any = Field(default_factory=list, description="承诺后补的材料（代码），只限城市允许后补的")
    outside: Any = Field(default_factory=list, description="工程属于的不予受理情形（代码）；有则只能要求书面答复")


class Reuse(Incoming):
    source: Annotated[UUID, Field(strict=False)] = Field(description="可以沿用的材料的 source")
    material_code: Text
    developer_uscc: Text


class Promised(Incoming):
    attachment: Annotated[UUID, Field(strict=False)] = Field(description="已上传材料的编号")


class Judgement(Incoming):
    verdict: Literal["kept", "failed"]
    opinion: str = Field(default="", max_length=4000)
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class NotAccepting(Incoming):
    reason: str = Field(default="", max_length=4000, description="理由")
    clause: str = Field(default="", max_length=4000, description="依据")
    go_to: str = Field(default="", max_length=4000, description="请申请人到哪里办；依法不需要许可的不填")


class Draft(Incoming):
    data: dict[str, Any] = Field(description="填写中的内容，不论是否有效")


class Decision(Incoming):
    verdict: Literal["approve", "object"]
    opinion: str = Field(default="", max_length=4000)
    way: str | None = Field(
        default=None, max_length=4000, description="不同意时怎样才能办；不写此字段时，理由和办法都写在 opinion 里"
    )
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class Check(Incoming):
    confirm: bool = Field(description="true 确认，false 退回初审")
    reason: str = Field(default="", max_length=4000, description="退回时必填")
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class Forwarding(Incoming):
    opinion: str = Field(max_length=4000)
    follow_up_on: Annotated[date, Field(strict=False, description="催办日期")]
    authority: str = Field(default="", max_length=400, description="转报机关；缺省为事项自己的上级机关")
    reference: str = Field(default="", max_length=400, description="文号")
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class FollowUp(Incoming):
    note: str = Field(max_length=4000)
    next_on: Annotated[date, Field(strict=False, description="下次催办日期")]
    version: int | None = Field(default=None, description="看到的催办次数；不符则 409")


class Answer(Incoming):
    answer: Literal["approved", "refused"]
    note: str = Field(max_length=4000, description="答复的文号和内容；不同意的理由")
    way: str | None = Field(default=None, max_length=4000, description="答复不同意时怎样才能办")
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class Consent(Incoming):
    opinion: str = Field(default="", max_length=4000)
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class Withdrawal(Incoming):
    reason: str = Field(max_length=2000)


class RefusalGround(Incoming):
    matter: Text
    reason: str = Field(max_length=4000)
    way: str = Field(max_length=4000, description="怎样才能办")


class Refusal(Incoming):
    grounds: list[RefusalGround] = Field(default_factory=list, description="缺省为各部门自己的理由和办法")
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class RefusalOut(BaseModel):
    number: str


class Confirmation(Incoming):
    version: int = Field(description="看到的版本；不符则 409")


class CorrectionRequest(Incoming):
    kind: Literal["paper", "fact", "statement"]
    target: Text = Field(description="材料代码、申报事实名称，或要说明什么")
    reason: str = Field(max_length=1000, description="存在的问题")
    clause: str = Field(max_length=1000, description="依据的条款")
    wanted: str = Field(max_length=1000, description="补正要求")


class CorrectionRequests(Incoming):
    items: list[CorrectionRequest] = Field(max_length=100)


class CorrectionAnswer(Incoming):
    kind: Literal["paper", "fact", "statement"]
    target: Text
    value: Any = Field(default=None, description="更正后的事实，写法与申报相同")
    text: str = Field(default="", max_length=4000, description="书面说明，或不更正、不能补交的理由")
    paper_id: Text | None = Field(default=None, description="已上传材料的编号；更正事实后才需要的材料，空为取下")

    @field_validator("paper_id")
    @classmethod
    def _is_an_id(cls, value: str | None) -> str | None:
        return None if value is None else str(UUID(value))


class Answers(Incoming):
    answers: list[CorrectionAnswer] = Field(max_length=200)


class Clock(Incoming):
    shows: Annotated[AwareDatetime, Field(strict=False)]


class PaperForm(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    file: FileStorage = Field(description="PDF、JPEG 或 PNG，不超过 20 MB")
    material_code: str = Field(default="", description="材料代码")


class KeyHeader(BaseModel):
    idempotency_key: str = Field(default="", alias="Idempotency-Key", description="同一申报重试时用同一个值")


class ApplicationPath(BaseModel):
    application_id: UUID


class TaskPath(BaseModel):
    task_id: UUID


class CorrectionItemPath(BaseModel):
    item_id: UUID


class LinePath(BaseModel):
    line_id: UUID


class DraftPath(BaseModel):
    draft_id: UUID


class CommitmentPath(BaseModel):
    commitment_id: UUID


class DocumentPath(BaseModel):
    document_id: UUID


class Query(BaseModel):
    """The arguments of an address; the language of refusals may stand in any, as `Accept-Language` may."""

    model_config = ConfigDict(extra="forbid")

    lang: Literal["zh", "en"] | None = Field(default=None, description="拒绝理由的语言；也可用 Accept-Language")


class ChecklistQuery(Query):
    situations: Text = Field(default="", description="情形代码，以逗号分开", examples=["road_works,deep_pit"])


class ReusableQuery(Query):
    developer_uscc: Text = Field(default="", description="建设单位统一社会信用代码")


class TaskQuery(Query):
    status: Literal["open", "taken", "mine", "checking", "forwarded", "decided"] = "open"


class LineQuery(Query):
    state: Literal["assessed", "pending", "final"] = "assessed"


class VerifyQuery(Query):
    token: Text = ""
    code: Text = ""
    number: Text = ""
    check_code: Text = ""


# Answers.


class ProblemOut(BaseModel):
    field: str
    problem: str


class ErrorOut(BaseModel):
    """Every refusal: what is wrong, beside which field, and the number to tell us."""

    error: str
    problems: list[ProblemOut]
    reference: str


class ProblemsOut(BaseModel):
    problems: list[ProblemOut]


class AccountOut(BaseModel):
    id: str
    login: str
    name: str
    role: str
    unit_code: str | None
    organisation_name: str | None


class SessionOut(BaseModel):
    token: str
    account: AccountOut


class PaperOut(BaseModel):
    id: str
    sha256: str
    media_type: str
    size_bytes: int
    file_name: str


class SubmittedOut(BaseModel):
    id: str
    number: str
    accepted_on: str
    due_on: str


class TaskOut(BaseModel):
    id: str
    matter_code: str
    matter_name: str
    unit_code: str
    unit_name: str
    status: str
    due_on: str
    officer: str
    decided_at: str | None
    opinion: str
    way: str
    checker: str
    is_by_default: bool
    version: int


class LineOut(BaseModel):
    id: str
    item_code: str
    name: str
    unit_code: str
    unit_name: str
    state: str
    status: str | None
    payable: Amount
    version: int
    reason: str
    formula: str


class BillOut(BaseModel):
    id: str
    number: str
    payer_name: str
    total: Amount
    status: str
    payment_code: str
    due_on: str
    document_id: str | None


class ReceiptOut(BaseModel):
    id: str
    code: str
    number: str
    check_code: str
    total: Amount
    state: str
    document_id: str | None
    verify_url: str


class DocumentOut(BaseModel):
    id: str
    kind: str
    title: str
    ready: bool
    sha256: str | None
    url: str


class WaitingOut(BaseModel):
    kind: str
    what: str
    unit_name: str
    officer: str
    due_on: str


class CaseOut(BaseModel):
    id: str
    number: str
    status: str
    accepted_on: str
    due_on: str
    tasks: list[TaskOut]
    lines: list[LineOut]
    bills: list[BillOut]
    receipts: list[ReceiptOut]
    documents: list[DocumentOut]
    waiting_for: list[WaitingOut]


class CaseRowOut(BaseModel):
    id: str
    number: str
    status: str
    project_name: str
    accepted_on: str
    due_on: str


class CasesOut(BaseModel):
    applications: list[CaseRowOut]


class DeskTaskOut(BaseModel):
    id: str
    application_id: str
    number: str
    project_name: str
    matter_code: str
    matter_name: str
    status: str
    due_on: str
    version: int


class DeskTasksOut(BaseModel):
    tasks: list[DeskTaskOut]


class DeskLineOut(BaseModel):
    id: str
    application_id: str
    number: str
    project_name: str
    item_code: str
    state: str
    status: str | None
    payable: Amount
    version: int
    formula: str


class DeskLinesOut(BaseModel):
    lines: list[DeskLineOut]


class StateOut(BaseModel):
    id: str
    status: str
    version: int


class CorrectionItemOut(BaseModel):
    id: str
    kind: str
    target: str
    name: str
    unit_code: str
    unit_name: str
    matter_code: str
    reason: str
    clause: str
    wanted: str
    state: str
    is_needed: bool
    old_value: str
    new_value: str
    explanation: str
    paper_id: str | None


class CorrectionOut(BaseModel):
    id: str
    number: str | None
    state: str
    window_until: str
    sent_on: str | None
    reply_due_on: str | None
    answered_at: str | None
    document_url: str | None
    items: list[CorrectionItemOut]


class CorrectionsOut(BaseModel):
    corrections: list[CorrectionOut]
    papers_needed: list[str] = Field(
        description="更正后的事实使之成为必须的材料代码；用 kind=paper 答复，提交前必须补上"
    )


class AnsweredOut(BaseModel):
    number: str
    reopened: list[str] = Field(description="重新审核的事项")
    recomputed: list[str] = Field(description="重新核定的收费项目")
    repeated: bool


class DraftOut(BaseModel):
    id: str
    data: dict[str, Any]
    updated_at: str


class DraftsOut(BaseModel):
    drafts: list[DraftOut]


class NeededOut(BaseModel):
    code: str
    name: str
    need: Literal["required", "optional", "conditional"]
    formats: list[str]
    matters: list[str]
    clause: str
    promise_days: int = Field(description="可承诺在这么多个工作日内补交；0 为须随申报提交")


class ChecklistOut(BaseModel):
    asked: int = Field(description="各事项分别申报要交的份数")
    distinct: int = Field(description="并联申报只列的份数")
    saved: int
    materials: list[NeededOut]


class ReusablePaperOut(BaseModel):
    source: str
    material_code: str
    file_name: str
    number: str
    came_on: str


class ReusableOut(BaseModel):
    papers: list[ReusablePaperOut]


class AnswerOut(BaseModel):
    id: str
    kind: Literal["one_time", "not_accepted"]
    number: str
    issued_on: str
    items: list[dict[str, str]]
    document_url: str


class AnswersOut(BaseModel):
    answers: list[AnswerOut]


class CommitmentOut(BaseModel):
    id: str
    application_id: str
    material_code: str
    unit_code: str
    state: Literal["promised", "brought", "fulfilled", "failed"]
    due_on: str
    opinion: str
    version: int


class CommitmentsOut(BaseModel):
    commitments: list[CommitmentOut]


class VerificationPath(BaseModel):
    verification: Text


class GenuinePaperOut(BaseModel):
    verification: str
    title: str
    number: str
    organs: list[str]
    issued_on: str
    sha256: str
    state: str
    replaced_by: str


class GenuineOut(BaseModel):
    code: str
    number: str
    check_code: str
    total: Amount
    issued_on: str
    state: str
    replaced_by: str


class ClockOut(BaseModel):
    shows: str


class Pdf(RootModel[bytes]):
    """The document's bytes."""
