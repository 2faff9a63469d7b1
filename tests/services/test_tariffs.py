"""The tariff desk: rates are changed by two people, stand above the pack, and never rewrite what was charged."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from office import Office
from sqlalchemy import text
from watching import as_owner, broken, kinds, side_by_side

from services import assessment, tariffs
from services.sitting import sitting
from shared.db import city as cities
from shared.db import tariffs as rows
from shared.db.engine import unit_of_work
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from shared.domain.facts import Facts
from shared.domain.lines import Line, LineStatus
from shared.domain.money import plain
from shared.domain.tariff_changes import RowChange
from shared.packs import build_pack, load_pack
from shared.settings import settings

DOCUMENT = "瀚政发〔2015〕60号（样张）"
APPROVAL = {"document": "瀚费批〔2015〕8号", "by": "瀚海市规费审批委员会", "from": "2016-01-01", "to": "open"}
#: An eighth item.
WASTE = {
    "code": "LJF",
    "seq": 8,
    "name": "建筑垃圾处置费",
    "name_en": "Construction waste fee",
    "nature": "administrative_charge",
    "account": "treasury",
    "owner_unit": "cg",
    "confirm_required": False,
    "note": "",
    "approvals": [APPROVAL],
}
WASTE_RATE = {
    "item": "LJF",
    "version": "v1",
    "from": "2016-01-01",
    "to": "open",
    "documents": ["瀚城管〔2015〕3号"],
    "rule": {"shape": "flat", "unit": "件", "rates": [{"rate": "200.00"}]},
}


def row_of(office: Office, section: str, *key: str) -> Mapping[str, Any]:
    with office.sits() as sits:
        found = next(
            each
            for each in sits.city.pack.data[section]
            if rows.KEYS[section] and tuple(str(each[name]) for name in rows.KEYS[section]) == key
        )
    return deepcopy(found)


def drafted(
    office: Office, *, by: str = "finance", document: str = DOCUMENT, approval: str = "财政局综合科 2015-23", **put: Any
) -> UUID:
    """A draft with rows, each as section=row or section=[rows]."""
    with office.sits() as sits:
        change_id = tariffs.draft(sits, account=office.account(by), title="试改", document=document, approval=approval)
    for section, given in put.items():
        for row in given if isinstance(given, list) else [given]:
            puts(office, change_id, section, row, by=by)
    return change_id


def puts(office: Office, change_id: UUID, section: str, row: Mapping[str, Any], *, by: str = "finance") -> None:
    with office.sits() as sits:
        version = rows.load(sits.session, change_id).version
        tariffs.put_row(
            sits, account=office.account(by), change_id=change_id, section=section, row=row, version=version
        )


def proposes(office: Office, change_id: UUID, *, by: str = "finance") -> None:
    with office.sits() as sits:
        version = rows.load(sits.session, change_id).version
        tariffs.propose(sits, account=office.account(by), change_id=change_id, version=version)


def publishes(office: Office, change_id: UUID, *, by: str = "leader") -> None:
    with office.sits() as sits:
        tariffs.publish(sits, account=office.account(by), change_id=change_id)


def published(office: Office, change_id: UUID) -> UUID:
    proposes(office, change_id)
    publishes(office, change_id)
    return change_id


def state(office: Office, change_id: UUID) -> str:
    with office.sits() as sits:
        return rows.load(sits.session, change_id).state


def assessed(office: Office, item: str, **changes: Any) -> Line:
    """What an item comes to today for E1 with some facts changed."""
    facts = Facts.from_json({**office.body()["facts"], "accepted_on": "2016-02-01", **changes})
    with office.sits() as sits:
        return sits.city.tariff.assess_item(item, facts)


def flat_rate(row: Mapping[str, Any], rate: str) -> dict[str, Any]:
    """A version's rule with one rate for every building."""
    return {**row["rule"], "zero": [], "measures": [{**row["rule"]["measures"][-1], "rates": [{"rate": rate}]}]}


@pytest.fixture
def late(office: Office) -> Office:
    """The office at the end of 2015."""
    office.at("2015-12-01 09:30")
    return office


class TestARateStep:
    def test_of_huangdao_is_ended_and_opened_in_one_act_by_two_people(self, late: Office) -> None:
        # 青岛黄岛: 335 元/m² until the end of 2015, then 400.
        row = row_of(late, "versions", "PTF", "v1")
        published(late, drafted(late, versions={**row, "rule": flat_rate(row, "335.00")}))
        with late.sits() as sits:
            change_id = tariffs.end(
                sits,
                account=late.account("finance"),
                item="PTF",
                version="v1",
                last=date(2015, 12, 31),
                document=DOCUMENT,
                rule=flat_rate(row, "400.00"),
            )
        assert plain(assessed(late, "PTF", floor_area_m2="54321.09").payable_fen) == "18197565.15"

        published(late, change_id)

        before = assessed(late, "PTF", floor_area_m2="54321.09", accepted_on="2015-12-31")
        after = assessed(late, "PTF", floor_area_m2="54321.09", accepted_on="2016-01-01")
        assert (plain(before.payable_fen), before.version) == ("18197565.15", "v1")
        assert (plain(after.payable_fen), after.version) == ("21728436.00", "v2")
        assert after.documents == (DOCUMENT,)
        assert [
            (row.version, str(row.valid_from), str(row.valid_to))
            for row in late.rows("select * from tariff_version where item_code = 'PTF' order by valid_from")
        ] == [("v1", "2003-01-01", "2015-12-31"), ("v2", "2016-01-01", "None")]

    def test_without_a_successor_abolishes_the_item_under_its_document(self, late: Office) -> None:
        with late.sits() as sits:
            change_id = tariffs.end(
                sits,
                account=late.account("finance"),
                item="XQJ",
                version="v1",
                last=date(2015, 12, 31),
                document="瀚财综〔2015〕40号（样张）",
                is_succeeded=False,
            )
        published(late, change_id)

        line = assessed(late, "XQJ", accepted_on="2016-01-04")
        assert (line.status, line.payable_fen) == (LineStatus.NOT_IN_FORCE, 0)
        assert line.reason == "自2016年1月1日起停征"
        assert "瀚财综〔2015〕40号（样张）" in line.documents

    @pytest.mark.parametrize(
        ("version", "last", "problem"),
        [
            ("v1", date(2002, 12, 31), "早于 SNZ v1 的起始日 2003-01-01"),
            ("v2", date(2016, 1, 31), "到 2016-01-31 就截止了"),
            ("v2", date(2016, 12, 31), "到 2016-01-31 就截止了"),
        ],
    )
    def test_on_a_day_that_ends_nothing_is_refused(self, late: Office, version: str, last: date, problem: str) -> None:
        with pytest.raises(Invalid, match=problem), late.sits() as sits:
            tariffs.end(
                sits, account=late.account("finance"), item="SNZ", version=version, last=last, document=DOCUMENT
            )


class TestAChange:
    def test_is_nothing_until_another_person_has_published_it(self, late: Office) -> None:
        row = row_of(late, "versions", "XQJ", "v1")
        change_id = drafted(late, versions={**row, "rule": flat_rate(row, "12.00")})
        before = assessed(late, "XQJ").payable_fen
        with pytest.raises(Conflict, match="不在等待发布"):
            publishes(late, change_id)
        proposes(late, change_id)
        with pytest.raises(NotAllowed, match="不能由提出人自己办理"):
            publishes(late, change_id, by="finance")
        assert assessed(late, "XQJ").payable_fen == before

        publishes(late, change_id, by="admin")
        publishes(late, change_id, by="admin")

        assert assessed(late, "XQJ").payable_fen * 10 == before * 12
        assert broken() == {}

    def test_is_published_by_one_of_two_who_come_at_once(self, late: Office) -> None:
        row = row_of(late, "versions", "XQJ", "v1")
        change_id = drafted(late, versions={**row, "rule": flat_rate(row, "12.00")})
        proposes(late, change_id)
        with late.sits() as sits:
            before = sits.city.revision

        outcomes = side_by_side(
            lambda: publishes(late, change_id, by="leader"), lambda: publishes(late, change_id, by="admin")
        )

        assert kinds(outcomes) == {"done": 2}
        with late.sits() as sits:
            assert sits.city.revision == f"{before.partition('+')[0]}+1"

    def test_of_two_that_overlap_the_later_is_refused_with_both_rows_named(self, late: Office) -> None:
        waste = drafted(late, items=WASTE, versions=WASTE_RATE)
        published(late, waste)
        one = drafted(late, versions={**WASTE_RATE, "version": "v2", "from": "2014-01-01", "to": "2015-06-30"})
        other = drafted(late, versions={**WASTE_RATE, "version": "v3", "from": "2015-06-01", "to": "2015-12-31"})
        proposes(late, one)
        proposes(late, other)

        outcomes = side_by_side(lambda: publishes(late, one), lambda: publishes(late, other))

        assert kinds(outcomes) == {"done": 1, "Invalid": 1}
        (refused,) = [each for each in outcomes if each is not None]
        assert "标准版本 LJF v" in str(refused)
        assert "执行期重叠" in str(refused)
        assert "versions[" not in str(refused)

    def test_that_overlaps_is_refused_by_the_database_as_well(self, late: Office) -> None:
        with late.sits() as sits:
            data = deepcopy(dict(sits.city.pack.data))
        data["versions"] = [*data["versions"], {**data["versions"][0], "version": "v2", "from": "2016-01-01"}]

        with (
            pytest.raises(Invalid, match="数据库拒绝写入：同一收费项目的两个标准版本执行期重叠"),
            unit_of_work("hanhai") as session,
        ):
            rows.put_in_force(session, "hanhai", data)
        with late.sits() as sits:
            reductions = [*sits.city.pack.data["reductions"]]
            reductions.append({**reductions[0], "from": "2010-01-01"})
            data = {**sits.city.pack.data, "reductions": reductions}
        with (
            pytest.raises(Invalid, match="数据库拒绝写入：同一减免的两行执行期重叠"),
            unit_of_work("hanhai") as session,
        ):
            rows.put_in_force(session, "hanhai", data)

    def test_written_over_what_another_has_changed_is_refused_until_its_writer_has_looked(self, late: Office) -> None:
        row = row_of(late, "versions", "XQJ", "v1")
        stale = drafted(late, versions={**row, "to": "2016-06-30"})
        ready = drafted(late, versions={**row, "to": "2016-12-31"})
        proposes(late, ready)
        published(late, drafted(late, versions={**row, "to": "2016-03-31"}))

        with pytest.raises(Conflict, match="标准已有变化：标准版本 XQJ v1"):
            proposes(late, stale)
        with pytest.raises(Conflict, match="标准已有变化：标准版本 XQJ v1"):
            publishes(late, ready)
        with late.sits() as sits:
            version = rows.load(sits.session, stale).version
            tariffs.rebase(sits, account=late.account("finance"), change_id=stale, version=version)
        published(late, stale)

        assert late.one("select valid_to from tariff_version where item_code = 'XQJ'") == date(2016, 6, 30)

    def test_edited_in_two_windows_keeps_the_first_and_tells_the_second(self, late: Office) -> None:
        change_id = drafted(late, versions=row_of(late, "versions", "XQJ", "v1"))
        with late.sits() as sits:
            seen = rows.load(sits.session, change_id).version
        account = late.account("admin")
        with late.sits() as sits:
            tariffs.reword(sits, account=account, change_id=change_id, version=seen, title="第一个窗口")
        with pytest.raises(Conflict, match="已被他人改动"), late.sits() as sits:
            tariffs.reword(sits, account=account, change_id=change_id, version=seen, title="第二个窗口")

        assert late.one("select title from tariff_change") == "第一个窗口"

    def test_without_its_document_is_refused(self, late: Office) -> None:
        change_id = drafted(late, document="", versions=row_of(late, "versions", "XQJ", "v1"))

        with pytest.raises(Invalid, match="依据文件及文号"):
            proposes(late, change_id)

    def test_names_everything_that_is_wrong_with_its_rows(self, late: Office) -> None:
        row = row_of(late, "versions", "PTF", "v1")
        bad = {**row, "version": "v2", "from": "2016-01-01", "rule": {"shape": "per_unit", "measures": []}}
        change_id = drafted(
            late, versions=bad, reductions={**row_of(late, "reductions", "AFF", "2007-08-07"), "percent": 0}
        )

        with pytest.raises(Invalid) as refused:
            proposes(late, change_id)

        told = {each.field: each.problem for each in refused.value.problems}
        assert "执行期重叠" in told["标准版本 PTF v2，起始日"]
        assert "标准版本 PTF v2，标准" in told
        assert "减免 AFF，比例" in told

    def test_is_declined_with_a_reason_and_may_be_drafted_again(self, late: Office) -> None:
        change_id = drafted(late, versions=row_of(late, "versions", "XQJ", "v1"))
        proposes(late, change_id)
        leader = late.account("leader")
        with pytest.raises(Invalid, match="退回的理由"), late.sits() as sits:
            tariffs.decline(sits, account=leader, change_id=change_id, opinion=" ")
        for _ in range(2):
            with late.sits() as sits:
                tariffs.decline(sits, account=leader, change_id=change_id, opinion="文号不对")

        assert state(late, change_id) == "declined"
        with pytest.raises(Conflict):
            publishes(late, change_id, by="admin")

    def test_is_taken_back_by_its_proposer_only(self, late: Office) -> None:
        change_id = drafted(late, versions=row_of(late, "versions", "XQJ", "v1"))
        proposes(late, change_id)
        with pytest.raises(NotAllowed, match="只有提出人可以收回"), late.sits() as sits:
            tariffs.take_back(sits, account=late.account("admin"), change_id=change_id)
        with late.sits() as sits:
            tariffs.take_back(sits, account=late.account("finance"), change_id=change_id)

        assert state(late, change_id) == "draft"
        with late.sits() as sits:
            tariffs.drop(sits, account=late.account("admin"), change_id=change_id)
        assert state(late, change_id) == "dropped"

    def test_is_for_finance_and_administrators(self, late: Office) -> None:
        for login in ("zj-officer", "zj-chief", "applicant", "operator", "leader"):
            with pytest.raises(NotAllowed):
                drafted(late, by=login)

    def test_stays_when_the_pack_is_loaded_again(self, late: Office) -> None:
        row = row_of(late, "versions", "XQJ", "v1")
        published(late, drafted(late, versions={**row, "rule": flat_rate(row, "12.00")}))
        published(
            late,
            drafted(
                late,
                items=WASTE,
                versions=WASTE_RATE,
                policies={
                    "item": "PTF",
                    "class": "subsidised",
                    "from": "2016-01-01",
                    "to": "2016-12-31",
                    "percent": 40,
                    "source": "市财政预算",
                    "reason": "市政府决定补助",
                    "documents": [DOCUMENT],
                },
            ),
        )
        with late.sits() as sits:
            before = sits.city.revision
        facts = {"accepted_on": "2016-02-01"}
        told = [assessed(late, item, **facts).to_json() for item in ("PTF", "XQJ", "LJF")]
        pack = load_pack(settings().packs_dir / "hanhai")
        with as_owner() as session:
            assert cities.store(session, pack)[1] == before
            session.execute(text("update tenant set revision = 'another pack'"))
        with as_owner() as session:
            assert cities.store(session, pack)[1] == before

        assert [assessed(late, item, **facts).to_json() for item in ("PTF", "XQJ", "LJF")] == told

    def test_that_no_longer_fits_a_new_pack_keeps_that_pack_out(self, late: Office) -> None:
        published(late, drafted(late, items=WASTE, versions=WASTE_RATE))
        pack = load_pack(settings().packs_dir / "hanhai")
        data = deepcopy(dict(pack.data))
        data["items"].append({**WASTE, "code": "XXF", "name": "另一项"})
        data["versions"].append({**WASTE_RATE, "item": "XXF"})
        with pytest.raises(Invalid, match="与本市已发布的标准变更不能并存"), as_owner() as session:
            cities.store(session, build_pack(data))
        assert assessed(late, "LJF").payable_fen == 20000

    def test_keeps_an_item_in_the_catalogue_that_has_been_charged(self, late: Office) -> None:
        late.receives()
        pack = load_pack(settings().packs_dir / "hanhai")
        data = deepcopy(dict(pack.data))
        for section, name in (("items", "code"), ("versions", "item"), ("refunds", "item")):
            data[section] = [row for row in data[section] if row[name] != "SNZ"]
        for row in data["reductions"]:
            row["items"] = [item for item in row.get("items", []) if item != "SNZ"] or None
            if row["items"] is None:
                del row["items"]
        with pytest.raises(Invalid, match="散装水泥专项基金已有收费明细"), as_owner() as session:
            cities.store(session, build_pack(data))


class TestWhatWasCharged:
    @pytest.fixture(autouse=True)
    def charge(self, office: Office) -> None:
        received = office.receives(
            office.body(
                use="affordable_housing", reductions_claimed=[{"code": "AFF", "document": "瀚住建保〔2014〕3号"}]
            )
        )
        office.works()
        assert received

    @pytest.mark.parametrize(
        ("section", "key", "changes"),
        [
            ("versions", ("PTF", "v1"), {"documents": ["另一份"]}),
            ("versions", ("PTF", "v1"), {"from": "2004-01-01"}),
            ("reductions", ("AFF", "2007-08-07"), {"percent": 50}),
            ("items", ("PTF",), {"account": "deposit", "nature": "deposit"}),
        ],
    )
    def test_is_ended_never_rewritten(
        self, office: Office, section: str, key: tuple[str, ...], changes: dict[str, Any]
    ) -> None:
        change_id = drafted(office, **{section: {**row_of(office, section, *key), **changes}})

        with pytest.raises(Invalid, match=r"已用于收费明细|已有收费明细"):
            proposes(office, change_id)

    def test_may_be_ended(self, office: Office) -> None:
        row = row_of(office, "reductions", "AFF", "2007-08-07")
        published(office, drafted(office, reductions={**row, "to": "2014-12-31"}))

        assert office.one("select valid_to from reduction where code = 'AFF'") == date(2014, 12, 31)


class TestANewItem:
    def test_is_in_the_catalogue_and_charged_once_its_approval_is_on_file(self, late: Office) -> None:
        published(late, drafted(late, items={**WASTE, "approvals": []}, versions=WASTE_RATE))
        line = assessed(late, "LJF")
        assert (line.status, line.due_fen) == (LineStatus.NOT_IN_FORCE, 0)
        assert "未经收费审批" in line.reason
        with late.sits() as sits:
            change_id = tariffs.file_approval(
                sits,
                account=late.account("finance"),
                item="LJF",
                document="瀚费批〔2015〕8号",
                by="瀚海市规费审批委员会",
                first=date(2016, 1, 1),
                last=None,
                approval="财政局综合科 2015-23",
            )
        published(late, change_id)

        assert plain(assessed(late, "LJF").payable_fen) == "200.00"
        assert assessed(late, "LJF").documents == ("瀚城管〔2015〕3号",)

    def test_needs_the_place_where_its_approval_is_filed(self, late: Office) -> None:
        change_id = drafted(late, approval="", items=WASTE, versions=WASTE_RATE)

        with pytest.raises(Invalid, match="收费审批的备案号"):
            proposes(late, change_id)

    def test_begins_after_the_day_of_its_publication(self, late: Office) -> None:
        change_id = drafted(late, items=WASTE, versions={**WASTE_RATE, "from": "2015-12-01"})

        with pytest.raises(Invalid, match="自发布次日以后起执行"):
            proposes(late, change_id)

    def test_is_a_line_of_every_application_received_from_then_on(self, late: Office) -> None:
        earlier = late.receives()
        published(late, drafted(late, items=WASTE, versions=WASTE_RATE))
        late.at("2016-01-04 09:30")
        later = late.receives()
        late.works()

        assert [line.item_code for line in late.lines(earlier.application_id)][-1] == "SNZ"
        assert [(line.item_code, line.payable_fen) for line in late.lines(later.application_id)][-1] == ("LJF", 20000)
        assert broken() == {}


class TestOnlyItemsOfTheCatalogue:
    def test_are_on_lines_because_the_database_refuses_any_other(self, office: Office) -> None:
        office.receives()
        with pytest.raises(Exception, match="fee_line_item"), unit_of_work("hanhai") as session:
            session.execute(
                text(
                    "insert into fee_line (id, tenant_id, application_id, item_code, seq, unit_code, state, "
                    "confirm_required, version, gross_fen, reduction_fen, subsidy_fen, payable_fen, line) "
                    "select gen_random_uuid(), 'hanhai', id, 'XYZ', 9, 'zj', 'pending', false, 1, 0, 0, 0, 0, '{}' "
                    "from application"
                )
            )


class TestAYear:
    def yearly(self, office: Office) -> None:
        """XQJ on yearly terms: its version and a policy run out with 2015."""
        row = row_of(office, "versions", "XQJ", "v1")
        policy = {
            "item": "XQJ", "class": "zero", "from": "2015-01-01", "to": "2015-12-31", "when": {"use": "school"},
            "reason": "学校免收", "documents": [DOCUMENT],
        }  # fmt: skip
        published(office, drafted(office, versions={**row, "to": "2015-12-31"}, policies=policy))

    def test_is_carried_forward_in_one_act(self, late: Office) -> None:
        self.yearly(late)
        with late.sits() as sits:
            change_id = tariffs.copy_forward(
                sits, account=late.account("finance"), year=2015, document="瀚财综〔2015〕99号"
            )
            change = rows.load(sits.session, change_id)
        assert [each.label for each in change.rows] == ["标准版本 XQJ v2", "政策分类 XQJ zero 2016-01-01"]
        assert assessed(late, "XQJ").status is LineStatus.NOT_IN_FORCE

        published(late, change_id)

        line = assessed(late, "XQJ", accepted_on="2016-12-31")
        assert (line.version, plain(line.payable_fen), line.documents) == ("v2", "864321.80", ("瀚财综〔2015〕99号",))
        assert assessed(late, "XQJ", accepted_on="2017-01-01").status is LineStatus.NOT_IN_FORCE
        assert assessed(late, "XQJ", use="school").status is LineStatus.ZERO

    def test_may_renew_what_is_open_as_well(self, late: Office) -> None:
        with late.sits() as sits:
            change_id = tariffs.copy_forward(
                sits, account=late.account("finance"), year=2015, document=DOCUMENT, renewed=["PTF"]
            )
        published(late, change_id)

        assert assessed(late, "PTF").version == "v2"
        assert assessed(late, "PTF").payable_fen == assessed(late, "PTF", accepted_on="2015-12-31").payable_fen

    def test_does_not_renew_what_is_not_open(self, late: Office) -> None:
        with pytest.raises(Invalid, match="GZB 在 2015-12-31 没有不定期的标准版本"), late.sits() as sits:
            tariffs.copy_forward(sits, account=late.account("finance"), year=2015, document=DOCUMENT, renewed=["GZB"])

    def test_with_nothing_that_runs_out_is_refused(self, late: Office) -> None:
        with pytest.raises(Conflict, match="不用结转"), late.sits() as sits:
            tariffs.copy_forward(sits, account=late.account("finance"), year=2015, document=DOCUMENT)

    def test_carried_forward_once_has_nothing_left_to_carry(self, late: Office) -> None:
        self.yearly(late)
        for again in (False, True):
            with late.sits() as sits:
                if again:
                    with pytest.raises(Conflict, match="不用结转"):
                        tariffs.copy_forward(sits, account=late.account("finance"), year=2015, document=DOCUMENT)
                else:
                    change_id = tariffs.copy_forward(
                        sits, account=late.account("finance"), year=2015, document=DOCUMENT
                    )
            if not again:
                published(late, change_id)


class TestReductionsAndBands:
    def test_are_changed_like_rates(self, late: Office) -> None:
        row = row_of(late, "refunds", "XQJ")
        reduction = {
            "code": "PARK", "name": "工业园区项目", "percent": 30, "items": ["PTF"], "uses": None,
            "from": "2016-01-01", "to": "2016-12-31", "documents": [DOCUMENT],
        }  # fmt: skip
        bands = [{"at_least": 90, "returned": 100}, {"at_least": 60, "returned": 50}]
        published(late, drafted(late, reductions=reduction, refunds={**row, "bands": bands}))

        line = assessed(late, "PTF", reductions_claimed=[{"code": "PARK", "document": "瀚园〔2016〕1号"}])
        assert line.payable_fen * 10 == line.gross_fen * 7
        with late.sits() as sits:
            rule = next(each for each in sits.city.pack.refunds if each.item == "XQJ")
        assert [int(band.returned) for band in rule.bands] == [100, 50]

    def test_that_have_not_begun_may_be_taken_back(self, late: Office) -> None:
        reduction = {
            "code": "PARK", "name": "工业园区项目", "percent": 30, "items": ["PTF"], "uses": None,
            "from": "2016-01-01", "to": "2016-12-31", "documents": [DOCUMENT],
        }  # fmt: skip
        published(late, drafted(late, reductions=reduction))
        change_id = drafted(late)
        account = late.account("finance")
        with late.sits() as sits:
            tariffs.remove_row(
                sits, account=account, change_id=change_id, section="reductions", key=("PARK", "2016-01-01"), version=1
            )
        with pytest.raises(Conflict, match="只有还没有开始执行的行"), late.sits() as sits:
            tariffs.remove_row(
                sits, account=account, change_id=change_id, section="reductions", key=("AFF", "2007-08-07"), version=2
            )
        with pytest.raises(NotFound), late.sits() as sits:
            tariffs.remove_row(
                sits, account=account, change_id=change_id, section="reductions", key=("NO", "2007-08-07"), version=2
            )
        published(late, change_id)

        with late.sits() as sits:
            assert "PARK" not in sits.city.tariff.reduction_codes


class TestOpenApplications:
    def test_are_told_beforehand_what_they_will_owe_and_owe_it_afterwards(self, office: Office) -> None:
        received = office.receives()
        billed = office.is_billed()
        office.works()
        before = {line.item_code: line.payable_fen for line in office.lines(received.application_id)}
        row = row_of(office, "versions", "XQJ", "v1")
        with office.sits() as sits:
            change_id = tariffs.end(
                sits, account=office.account("finance"), item="XQJ", version="v1", last=date(2014, 8, 31),
                document=DOCUMENT, rule=flat_rate(row, "12.00"),
            )  # fmt: skip
        proposes(office, change_id)
        with office.sits() as sits:
            effect = rows.load(sits.session, change_id).effect
        assert (effect["applications"], effect["lines"]) == (1, 1)
        assert (effect["before_fen"], effect["after_fen"]) == (86_432_180, 103_718_616)
        assert effect["differences"][0]["number"] == received.number

        publishes(office, change_id)
        office.works()

        after = {line.item_code: line.payable_fen for line in office.lines(received.application_id)}
        assert after == {**before, "XQJ": 103_718_616}
        assert [
            (row.verb, row.data["item"])
            for row in office.rows("select verb, data from audit_event where verb = 'tariff_applied'")
        ] == [("tariff_applied", "XQJ")]
        unchanged = {line.item_code: line.payable_fen for line in office.lines(billed.application_id)}
        assert unchanged == before
        office.confirms(received.application_id)
        office.approves_everything(received.application_id)
        office.works()
        assert broken() == {}

    def test_are_computed_anew_once_however_often_the_message_comes(self, office: Office) -> None:
        received = office.receives()
        office.works()
        row = row_of(office, "versions", "XQJ", "v1")
        with office.sits() as sits:
            change_id = tariffs.end(
                sits, account=office.account("finance"), item="XQJ", version="v1", last=date(2014, 8, 31),
                document=DOCUMENT, rule=flat_rate(row, "12.00"),
            )  # fmt: skip
        published(office, change_id)
        messages = office.bells()
        office.delivers([*messages, *messages])
        office.works()

        assert office.one("select count(*) from audit_event where verb = 'tariff_applied'") == 1
        assert (
            office.one(
                "select payable_fen from fee_line where application_id = :id and item_code = 'XQJ'",
                id=received.application_id,
            )
            == 103_718_616
        )

    def test_whose_lines_were_being_computed_under_the_old_tariff_are_computed_again(self, office: Office) -> None:
        received = office.receives()
        line_ids = [line.id for line in office.lines(received.application_id)]
        row = row_of(office, "versions", "XQJ", "v1")
        with office.sits() as sits:
            change_id = tariffs.end(
                sits, account=office.account("finance"), item="XQJ", version="v1", last=date(2014, 8, 31),
                document=DOCUMENT, rule=flat_rate(row, "12.00"),
            )  # fmt: skip
        proposes(office, change_id)
        with sitting() as worker:
            publishes(office, change_id)
            with pytest.raises(Unavailable, match="收费标准刚刚变更"):
                assessment.assess_lines(worker, line_ids)
            worker.session.rollback()
        office.works()

        assert office.one("select payable_fen from fee_line where item_code = 'XQJ'") == 103_718_616

    def test_that_have_other_items_only_are_left_alone(self, office: Office) -> None:
        office.receives()
        office.works()
        row = row_of(office, "versions", "XQJ", "v1")
        published(office, drafted(office, versions={**row, "to": "2016-12-31"}))

        before = office.rows("select id, version from fee_line order by id")
        office.works()
        assert office.rows("select id, version from fee_line order by id") == before


def test_a_row_taken_out_is_known_by_its_base() -> None:
    base = {"code": "PARK", "from": "2016-01-01"}
    change = RowChange(section="reductions", row=None, base=base)

    assert change.key == ("PARK", "2016-01-01")
    assert RowChange.from_json(change.to_json()) == change
