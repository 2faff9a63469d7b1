"""What the green channel's service card says: A5 landscape, front and back."""

from __future__ import annotations

from dataclasses import dataclass

from shared.documents.views.base import Labelled, VerifiableView, View


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFact(View):
    """One row of the front: 代办专员 | 宋时雨 | 0000-5190003（工作日、节假日均可接听）."""

    label: str
    """At most six characters."""
    text: str
    note: str = ""
    """Small, after the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContact(View):
    """One unit and whom to call there."""

    unit: str
    """Short."""
    person: str
    post: str
    """首席代表, 联络员."""
    phone: str
    """Without the area code: 5190011."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView(VerifiableView):
    """绿色通道服务卡. One seal, on the front."""

    programme: str
    """Over the title: 瀚海市重大招商引资项目."""
    title: str = "审批绿色通道服务卡"
    number: str
    """瀚绿卡〔2014〕3号."""
    facts: tuple[CardFact, ...]
    """Up to eight: 项目名称, 投资单位, 项目代码, 建设地点, 挂点领导, 代办专员, 绿色通道专窗, 有效期."""
    qr_text: str
    """The case's progress page; before there is a case, the channel's page."""
    qr_caption: tuple[str, ...] = ("扫码查看", "各部门办理", "进度和时限")
    """Short lines beside the code."""
    issuer: str
    """Over the seal: 瀚海市商务局."""
    issued_on: str
    """2014年9月17日."""
    services: tuple[Labelled, ...]
    """Five at the foot of the front: Labelled(label="主动服务", text="专人对接，一次说清")."""
    admission: str
    """凭本卡进入审批绿色通道，窗口见卡即办；准入条件：固定资产投资1亿元以上或市政府确定."""
    phone_note: str
    """电话区号 0000."""
    contacts: tuple[CardContact, ...]
    promises: tuple[str, ...]
    """Numbered by the template."""
    steps: tuple[Labelled, ...]
    """Six at the foot of the back: Labelled(label="申请准入", text="商务窗口")."""
    supervision: str
    """监督单位：瀚海市政务服务中心　督查电话 0000-5190000."""
    sample_notice: str = "样张：机构、人员均属虚构"
