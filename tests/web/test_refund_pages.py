"""Refunds and deposits without a script: asked for, checked, decided, paid by whoever may; and read by the payer."""

from __future__ import annotations

import io
from collections.abc import Callable
from uuid import UUID

from browser import Browser
from bs4 import Tag
from giving_back import balance, chain, paid, seq
from office import Office, small_pdf
from watching import broken


def words(found: Tag | None) -> str:
    """The text that stands there."""
    assert found is not None
    return " ".join(found.get_text(" ").split())


def hidden(browser: Browser) -> dict[str, str]:
    """The hidden fields of the form that carries a key, but its proof of origin."""
    form = next(each for each in browser.tree().select("form[method=post]") if each.select("input[name=key]"))
    return {each["name"]: each["value"] for each in form.select("input[type=hidden]") if each["name"] != "csrf_token"}


def only_refund(office: Office) -> UUID:
    found: UUID = office.one("select id from refund where state <> 'declined'")
    return found


class TestARefund:
    def test_goes_from_the_bill_to_the_reversed_receipt_by_two_people(
        self, office: Office, visitor: Callable[..., Browser]
    ) -> None:
        office.at("2014-09-15 09:30")
        application_id, bill = paid(office)
        finance, chief, applicant = visitor("finance"), visitor("finance-chief"), visitor("applicant")
        page = f"/finance/bills/{bill.id}/refund"
        assert "退费" in words(finance.read(f"/finance/bills/{bill.id}").select_one(".page-head"))
        finance.read(page)
        kept = hidden(finance)
        ptf = f"amount-{seq(office, bill, 'PTF')}"

        told = {**kept, "kind": "treasury", "reason": "核定有误", "document": "瀚财退〔2014〕3号"}
        assert finance.post(page, **told, **{ptf: "一千"}).status_code == 422
        assert finance.tree().select_one(f"input[name={ptf}]")["value"] == "一千"
        assert finance.post(page, **{**told, "reason": ""}, **{ptf: "1000.00"}).status_code == 422
        assert finance.post(page, **{**told, "expected-treasury": "1"}, **{ptf: "1000.00"}).status_code == 409
        assert finance.post(page, **told, **{ptf: "1,000.50"}).status_code == 303
        assert finance.post(page, **told, **{ptf: "1,000.50"}).status_code == 303
        assert office.one("select count(*) from refund") == 1
        refund = f"/finance/refunds/{only_refund(office)}"
        assert "待审批" in words(finance.read("/finance/refunds?tab=asked").select_one("tbody"))
        assert "请财务另一人审批" in words(finance.read(refund).select_one("main"))
        assert finance.post(f"{refund}/approve").status_code == 403
        assert chief.post(f"{refund}/decline").status_code == 422
        assert chief.post(f"{refund}/send").status_code == 409
        assert chief.post(f"{refund}/approve", opinion="同意").status_code == 303
        assert chief.post(f"{refund}/send").status_code == 303
        assert chief.post(f"{refund}/failed").status_code == 422
        assert chief.post(f"{refund}/failed", failure="账号不符").status_code == 303
        assert "银行退回：账号不符" in words(chief.read(refund).select_one("main"))
        assert chief.post(f"{refund}/send").status_code == 303
        assert chief.post(f"{refund}/paid").status_code == 422
        assert chief.post(f"{refund}/paid", bank_txn_id="B0001").status_code == 303
        office.works()
        assert [(kind, state) for kind, state, _ in chain(office, bill)] == [
            ("receipt", "replaced"), ("reversal", "normal"), ("receipt", "normal"),
        ]  # fmt: skip
        own = words(applicant.read(f"/apply/cases/{application_id}/refunds").select_one("main"))
        assert "已付讫" in own
        assert "1,000.50" in own
        assert "退费通知书 正在制作" in own
        assert broken() == {}

    def test_is_read_by_finance_alone(self, office: Office, visitor: Callable[..., Browser]) -> None:
        office.at("2014-09-15 09:30")
        _, bill = paid(office)
        for path in ("/finance/refunds", "/finance/deposits", f"/finance/bills/{bill.id}/refund"):
            assert visitor("zj-officer").get(path).status_code == 404
        assert visitor("finance").get("/desk/deposits").status_code == 404


class TestAClaim:
    def test_is_handed_in_with_its_proof_checked_by_the_unit_and_approved_by_finance(
        self, office: Office, visitor: Callable[..., Browser]
    ) -> None:
        office.at("2014-09-15 09:30")
        application_id, _ = paid(office)
        office.at("2014-12-10 10:00")
        applicant = visitor("applicant")
        home = f"/apply/cases/{application_id}/refunds"
        assert "申请清算" in words(applicant.read(home).select_one("main"))
        applicant.read(f"{home}/claim/SNZ")
        kept = hidden(applicant)

        def proof() -> tuple[io.BytesIO, str]:
            return io.BytesIO(small_pdf()), "散装水泥使用证明.pdf"

        told = {**kept, "share": "96", "payee_name": "瀚海市碧海置业有限公司", "payee_account": "6222000000000001"}
        assert applicant.post(f"{home}/claim/SNZ", **told, completed_on="", paper=proof()).status_code == 422
        assert applicant.post(f"{home}/claim/SNZ", **told, completed_on="2014-12-01").status_code == 422
        assert applicant.tree().select_one("#share")["value"] == "96"
        for _ in range(2):
            answer = applicant.post(f"{home}/claim/SNZ", **told, completed_on="2014-12-01", paper=proof())
            assert answer.status_code == 303
        refund_id = only_refund(office)
        assert office.one("select amount_fen from refund") == 8_297_489
        unit = office.one("select unit_code from refund")
        officer = visitor(f"{unit}-officer")
        assert "清算核对" in words(officer.read("/desk").select_one("nav"))
        assert "96%" in words(officer.read("/desk/refunds").select_one("tbody"))
        claim = f"/desk/refunds/{refund_id}"
        assert "3,457.29" in words(officer.read(claim).select_one("main"))
        assert visitor("zj-officer").get(claim).status_code == 404
        assert officer.post(f"{claim}/wrong").status_code == 422
        assert officer.post(f"{claim}/right", opinion="属实").status_code == 303
        assert "82,974.89" in words(visitor("finance").read(f"/finance/refunds/{refund_id}").select_one("main"))
        assert broken() == {}


class TestADeposit:
    def test_is_completed_announced_and_goes_back_with_its_interest(
        self, office: Office, visitor: Callable[..., Browser]
    ) -> None:
        office.at("2014-09-15 09:30")
        application_id, _ = paid(office)
        office.at("2015-09-15 09:30")
        applicant, finance, chief = visitor("applicant"), visitor("finance"), visitor("finance-chief")
        officer = visitor("rs-officer")
        deposit_id = office.one("select id from deposit")
        ask = f"/apply/deposits/{deposit_id}/completion"
        applicant.read(ask)
        proof = (io.BytesIO(small_pdf()), "竣工验收报告.pdf")
        told = {**hidden(applicant), "completed_on": "2015-09-01", "document": "竣工验收报告"}
        assert applicant.post(ask, **told, paper=proof).status_code == 303
        assert "待核对" in words(officer.read("/desk/deposits?tab=waiting").select_one("main"))
        page = f"/desk/deposits/{deposit_id}"
        move_id = office.one("select id from deposit_move where kind = 'completion'")
        officer.read(page)
        assert officer.post(f"{page}/asks/{move_id}/decline").status_code == 422
        assert officer.post(f"{page}/asks/{move_id}/accept").status_code == 303
        office.at("2015-10-20 09:30")
        own = f"/apply/deposits/{deposit_id}/release"
        assert "申请返还" in words(applicant.read(f"/apply/cases/{application_id}/refunds").select_one("main"))
        applicant.read(own)
        told = {**hidden(applicant), "payee_name": "瀚海市碧海置业有限公司", "payee_account": "6222000000000001"}
        assert applicant.post(own, **told).status_code == 303
        refund = f"/finance/refunds/{only_refund(office)}"
        assert chief.post(f"{refund}/approve").status_code == 303
        assert finance.post(f"{refund}/send").status_code == 303
        assert finance.post(f"{refund}/paid", bank_txn_id="B0002").status_code == 303
        office.works()
        assert balance(office, "deposit") == 0
        assert "已返还" in words(finance.read(f"/finance/deposits/{deposit_id}").select_one("h1"))
        assert broken() == {}

    def test_is_drawn_on_for_arrears_by_the_unit_that_watches_over_wages(
        self, office: Office, visitor: Callable[..., Browser]
    ) -> None:
        office.at("2014-09-15 09:30")
        paid(office)
        officer = visitor("rs-officer")
        page = f"/desk/deposits/{office.one('select id from deposit')}/draw"
        officer.read(page)
        told = hidden(officer) | {
            "reason": "拖欠 12 人工资", "document": "瀚人社监〔2014〕8号", "payee_name": "工资代发专户",
            "payee_account": "6222000000000002",
        }  # fmt: skip
        assert officer.post(page, **told, amount="").status_code == 422
        assert officer.post(page, **told, amount="999999999.00").status_code == 409
        assert officer.post(page, **told, amount="5000.00").status_code == 303
        assert office.one("select kind || ' ' || amount_fen from refund") == "draw 500000"
        assert visitor("zj-officer").get(page).status_code == 404

    def test_may_be_a_guarantee_that_another_person_accepts(
        self, office: Office, visitor: Callable[..., Browser]
    ) -> None:
        office.at("2014-09-15 09:30")
        (bill,) = office.bills(office.is_billed().application_id)
        applicant, officer = visitor("applicant"), visitor("rs-officer")
        page = f"/apply/bills/{bill.id}/guarantee"
        applicant.read(page)
        told = hidden(applicant) | {"issuer": "瀚海商业银行", "number": "BH2014001", "expires_on": "2015-09-15"}
        assert applicant.post(page, **told).status_code == 422
        assert applicant.post(page, **told, paper=(io.BytesIO(small_pdf()), "保函.pdf")).status_code == 303
        desk = f"/desk/deposits/{office.one('select id from deposit')}"
        assert "BH2014001" in words(officer.read(desk).select_one("main"))
        assert officer.post(f"{desk}/accept").status_code == 303
        office.works()
        assert balance(office, "guarantee") > 0
        assert "保函" in words(visitor("finance").read("/finance/deposits").select_one("tbody"))
        assert broken() == {}


class TestMoneyInSuspense:
    def test_goes_back_to_its_payer_by_two_people(self, office: Office, visitor: Callable[..., Browser]) -> None:
        office.at("2014-09-15 09:30")
        (bill,) = office.bills(office.is_billed().application_id)
        office.hears_from_bank(office.callback(bill, payment_code="37060114000000000000"))
        office.works()
        finance, chief = visitor("finance"), visitor("finance-chief")
        page = f"/finance/suspense/{office.one('select id from suspense')}/return"
        finance.read(page)
        told = hidden(finance)
        assert finance.post(page, **told).status_code == 422
        assert finance.post(page, **told, reason="无对应缴费单").status_code == 303
        assert "退回" in words(chief.read(f"/finance/refunds/{only_refund(office)}").select_one("main"))
        assert broken() == {}
