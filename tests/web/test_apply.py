"""The applicant's way without JavaScript: draft, papers, check, hand in once, pay, receipt; nothing typed is lost."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from bs4 import BeautifulSoup
from office import E1_TOTAL_FEN, Office, small_pdf, small_picture

Visitor = Callable[..., Browser]

ANSWERS: dict[str, dict[str, str]] = {
    "project": {
        "project_name": "碧海湾花园一期",
        "project_code": "2014-371002-70-01-000001",
        "area_code": "dw",
        "site": "瀚海市东湾区碧海路18号",
        "use": "residential_sale",
    },
    "parties": {
        "developer_name": "瀚海市碧海置业有限公司",
        "developer_uscc": "91371002MA3C00011N",
        "contractor_name": "瀚海建工集团有限公司",
        "contractor_uscc": "91370200MA3D000208",
    },
    "scale": {
        "floor_area_m2": "86,432.18",
        "above_ground_area_m2": "79000.00",
        "ground_floor_area_m2": "6012.45",
        "floors": "18",
        "foundation_depth_m": "5.20",
        "full_frame": "yes",
        "heating_connected": "yes",
        "gas_connected": "yes",
        "shelter_built_m2": "4500.00",
        "shelter_impossible": "no",
        "community_care_area_m2": "0",
        "standard_bricks": "",
    },
    "cost": {
        "project_cost": "１５８６４００００.00",
        "contract_price": "158,640,000.00",
        "contract_signed_on": "",
        "wage_credit_grade": "",
        "wage_clean_years": "0",
        "wage_arrears_last_year": "no",
    },
    "reductions": {},
}


def starts(applicant: Browser) -> str:
    """A new draft's address."""
    return str(applicant.post("/apply/new").headers["Location"])


def fills_in(applicant: Browser, draft: str, **sections: dict[str, str]) -> None:
    """Send every page of the form with E1's answers, some changed."""
    for code, answers in ANSWERS.items():
        applicant.post(f"{draft}/{code}", {**answers, **sections.get(code, {})})


def hands_in_papers(applicant: Browser, draft: str, office: Office) -> None:
    """Upload everything that is always required, in one form."""
    with office.sits() as sitting:
        needed = [each for each in sitting.city.pack.materials if each.required == "always"]
    files = {f"paper-{each.code}": (io.BytesIO(small_pdf()), f"{each.name}.pdf") for each in needed}
    assert applicant.post(f"{draft}/papers", {**files, "then": "next"}).status_code == 303


def is_ready(applicant: Browser, office: Office) -> str:
    """A draft that can be handed in."""
    draft = starts(applicant)
    fills_in(applicant, draft)
    hands_in_papers(applicant, draft, office)
    return draft


def submission(applicant: Browser, draft: str) -> dict[str, str]:
    """What the check page's form would send."""
    form = applicant.read(f"{draft}/check").select_one("form[action$='/submit']")
    assert form is not None
    hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    return {**hidden, "declared": "yes"}


def words(tree: BeautifulSoup) -> str:
    return " ".join(tree.get_text(" ", strip=True).split())


class TestMainJobByHand:
    def test_goes_from_draft_to_receipt(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        check = applicant.read(f"{draft}/check")
        assert check.select(".error-summary") == []
        assert "32,729,939.24" in words(check)

        done = applicant.post(f"{draft}/submit", submission(applicant, draft))
        assert done.status_code == 303
        confirmation = applicant.read(done.headers["Location"])
        number = office.one("select number from application")
        assert number in words(confirmation)
        case = done.headers["Location"].removesuffix("/submitted")
        application_id = case.rsplit("/", 1)[1]

        waiting = words(applicant.read(case))
        assert "缴费单还没有开出，在等" in waiting
        assert "防空地下室设计审查：还没有人认领，由市人民防空办公室 首席代表庄之行负责，09-22 前办结。" in waiting
        office.works()
        assert "防空地下室易地建设费：已算出，待市人民防空办公室 首席代表庄之行 确认。" in words(applicant.read(case))
        office.confirms(application_id)
        office.approves_everything(application_id)
        office.works()

        billed = applicant.read(case)
        assert "9月22日（周一）前缴费 ¥32,729,939.24" in words(billed)
        assert "人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分" in words(billed)
        (bill,) = office.bills(application_id)
        assert bill.payment_code in words(billed.select_one(".bill-code")).replace(" ", "")
        assert len(billed.select(".button-primary")) == 2  # on the page, and in the bar of a phone
        assert billed.select_one(".next-actions .button-primary")["href"].endswith(f"/pay?code={bill.payment_code}")
        totals = [cell.text for cell in billed.select(".bill-total, .lanes .card-foot b, .fee-table tfoot .num")]
        assert [each.strip().lstrip("¥") for each in totals] == ["32,729,939.24"] * 3

        office.hears_from_bank(office.callback(bill))
        office.works()
        paid = words(applicant.read(case))
        assert "已缴" in paid
        assert "款项已到账" in paid or "已经办结" in paid
        assert bill.payment_code not in paid.replace(" ", "")

    def test_shows_the_same_amounts_as_the_bill(self, office: Office, visitor: Visitor) -> None:
        received = office.is_billed()
        page = visitor("applicant").read(f"/apply/cases/{received.application_id}")
        amounts = [cell.text.strip() for cell in page.select(".bill-group dd .money")]
        fen = [int(each.replace(",", "").replace(".", "")) for each in amounts]
        assert sum(fen) == E1_TOTAL_FEN
        assert len(fen) == 7

    def test_a_second_click_is_the_same_application(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        form = submission(applicant, draft)
        first = applicant.post(f"{draft}/submit", form)
        second = applicant.post(f"{draft}/submit", form)

        assert first.headers["Location"] == second.headers["Location"]
        assert applicant.get(draft).headers["Location"] == first.headers["Location"]
        assert office.one("select count(*) from application") == 1

    def test_clicks_at_the_same_moment_are_the_same_application(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        form = submission(applicant, draft)
        hands = [visitor("applicant") for _ in range(4)]
        forms = [{**form, "csrf_token": hand.proof()} for hand in hands]
        answers: list[Any] = []

        def click(hand: Browser, sent: dict[str, str]) -> None:
            answers.append(hand.client.post(f"{draft}/submit", data=sent))

        threads = [threading.Thread(target=click, args=pair) for pair in zip(hands, forms, strict=True)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert {(each.status_code, each.headers.get("Location")) for each in answers} == {
            (303, answers[0].headers["Location"])
        }
        assert office.one("select count(*) from application") == 1


class TestForm:
    def test_keeps_what_is_wrong_and_says_so_beside_it(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        typed = {**ANSWERS["scale"], "floor_area_m2": "-5 about", "floors": "eighteen", "gas_connected": ""}
        refused = applicant.post(f"{draft}/scale", typed)
        page = applicant.tree()

        assert refused.status_code == 422
        for name in ("floor_area_m2", "floors", "gas_connected"):
            assert page.select_one(f'.error-summary a[href="#{name}"]'), name
            assert page.select_one(f"#{name}-error"), name
            assert page.select_one(f"[id='{name}']"), name
        assert page.select_one("#floor_area_m2")["value"] == "-5 about"
        again = applicant.read(f"{draft}/scale")
        assert again.select_one("#floors")["value"] == "eighteen"
        assert again.select_one("#floors-error")

    def test_does_not_scold_a_page_that_nobody_has_filled_in(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        for code in ANSWERS:
            assert applicant.read(f"{draft}/{code}").select(".error-text") == []

    def test_can_be_left_at_any_time(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        left = applicant.post(f"{draft}/project", project_name="只有名字", then="later")

        assert left.headers["Location"] == draft
        assert "只有名字" in words(applicant.read("/apply/"))
        states = {row.a.text: row.select_one(".tag").text for row in applicant.read(draft).select(".task")}
        assert states["项目信息"] == "填写中"
        assert states["建设规模"] == "未开始"
        assert states["减免申请"] == "选填"

    def test_knows_what_the_account_already_tells(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        page = applicant.read(f"{starts(applicant)}/parties")
        assert page.select_one("#developer_uscc")["value"] == "91371002MA3C00011N"

    def test_saves_by_itself_where_scripts_run(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        saved = applicant.client.post(
            f"{draft}/project",
            data={"csrf_token": applicant.proof(), "project_name": "自动"},
            headers={"HX-Request": "true"},
        )
        assert saved.text.startswith("已保存 ")
        assert applicant.read(f"{draft}/project").select_one("#project_name")["value"] == "自动"

    def test_takes_a_reduction_with_its_document(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        missing = applicant.post(f"{draft}/reductions", {"reduction-AFF": "yes"})
        assert missing.status_code == 422
        assert applicant.tree().select_one('.error-summary a[href="#reduction-AFF-document"]')

        taken = applicant.post(
            f"{draft}/reductions", {"reduction-AFF": "yes", "reduction-AFF-document": "瀚住保〔2014〕3号"}
        )
        assert taken.status_code == 303

    def test_is_refused_whole_when_something_is_missing(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        fills_in(applicant, draft, parties={"developer_uscc": "91371002MA3C00011X"})
        refused = applicant.post(f"{draft}/submit", submission(applicant, draft))

        assert refused.status_code == 422
        links = {each["href"] for each in applicant.tree().select(".error-summary a")}
        assert any("parties" in each and each.endswith("#developer_uscc") for each in links)
        assert any(each.endswith("papers#paper-licence") for each in links)
        assert office.one("select count(*) from application") == 0

    def test_is_handed_in_only_with_the_declaration(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        form = submission(applicant, draft)
        del form["declared"]

        assert applicant.post(f"{draft}/submit", form).status_code == 422
        assert office.one("select count(*) from application") == 0

    def test_may_be_thrown_away(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        applicant.post(f"{draft}/papers", {"paper-licence": (io.BytesIO(small_pdf()), "a.pdf")})
        applicant.post(f"{draft}/discard")

        assert applicant.get(draft).status_code == 404
        assert office.one("select count(*) from attachment") == 0


class TestPapersOfADraft:
    def test_a_bad_one_does_not_cost_the_good_ones(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        files = {
            "paper-licence": (io.BytesIO(small_pdf()), "执照 䶮.pdf"),
            "paper-land": (io.BytesIO(b"MZ no paper"), "land.pdf"),
        }
        refused = applicant.post(f"{draft}/papers", files)

        assert refused.status_code == 422
        assert applicant.tree().select_one('.error-summary a[href="#paper-land"]')
        assert applicant.tree().select_one("#paper-land-error")
        assert "执照 䶮.pdf" in applicant.last.text
        assert office.one("select count(*) from attachment") == 1

    def test_say_beside_their_slot_which_formats_it_takes(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        slot = applicant.read(f"{draft}/papers").select_one("#paper-drawings")
        assert slot["accept"] == ".pdf"
        refused = applicant.post(f"{draft}/papers", {"paper-drawings": (io.BytesIO(small_picture()), "a.pdf")})

        assert refused.status_code == 422
        assert "a.pdf 是 PNG 文件；“施工图设计文件”只收 PDF" in words(
            applicant.tree().select_one("#paper-drawings-error")
        )

    def test_are_removed_one_by_one(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        applicant.post(f"{draft}/papers", {"paper-licence": (io.BytesIO(small_pdf()), "a.pdf")})
        (form,) = applicant.read(f"{draft}/papers").select("form[action$='/remove']")
        applicant.post(form["action"])

        assert office.one("select count(*) from attachment") == 0

    def test_must_be_complete_before_going_on(self, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        refused = applicant.post(f"{draft}/papers", then="next")
        assert refused.status_code == 422
        assert applicant.tree().select_one('.error-summary a[href="#paper-licence"]')


class TestCasePage:
    def test_names_who_objects_and_why(self, office: Office, visitor: Visitor) -> None:
        received = office.receives()
        task = next(each for each in office.tasks(received.application_id) if each.unit_code == "sw")
        office.decides(task, approve=False, opinion="接驳平面图未标注管径，请补充。")
        page = words(visitor("applicant").read(f"/apply/cases/{received.application_id}"))

        assert "瀚海市水务局不同意“排水与节水方案”" in page
        assert "接驳平面图未标注管径" in page
        assert "排水与节水方案：瀚海市水务局 罗雯 有不同意见，待解决" in page

    def test_draws_only_days_that_have_come_as_used(self, office: Office, visitor: Visitor) -> None:
        path = f"/apply/cases/{office.receives().application_id}"
        applicant = visitor("applicant")

        def row() -> list[str]:
            lanes = applicant.read(path).select(".lane-table tbody tr")
            lightning = next(lane for lane in lanes if "防雷装置设计审核" in lane.text)
            cells = lightning.select(".cell-days rect.day")
            return [name for cell in cells for name in cell["class"] if name.startswith("day-")]

        # The lightning review promises three working days; the day of acceptance does not count.
        assert row() == ["day-left"] * 3
        office.at("2014-09-16 10:00")
        assert row() == ["day-used", "day-left", "day-left"]
        office.at("2014-09-17 10:00")
        assert row() == ["day-used-amber", "day-used-amber", "day-left"]
        office.at("2014-09-19 10:00")
        assert row() == ["day-used"] * 3 + ["day-past"]

    def test_says_what_is_late(self, office: Office, visitor: Visitor) -> None:
        received = office.receives()
        office.at("2014-09-24 10:00")
        page = words(visitor("applicant").read(f"/apply/cases/{received.application_id}"))

        assert "应于 09-18 前，已超期" in page
        assert "超期 4 日" in page

    def test_survives_a_year_that_nobody_loaded(self, office: Office, visitor: Visitor) -> None:
        received = office.is_billed()
        office.at("2099-01-05 10:00")
        visitor("applicant").read(f"/apply/cases/{received.application_id}")

    def test_shows_two_bills_to_two_payers(self, office: Office, visitor: Visitor) -> None:
        # Since November 2021 the contractor pays the wage deposit, so there are two payers.
        office.at("2022-06-01 09:30")
        received = office.is_billed()
        page = visitor("applicant").read(f"/apply/cases/{received.application_id}")
        assert len(page.select(".card.bill")) == len(office.bills(received.application_id)) == 2

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_is_read_in_both_languages(self, office: Office, visitor: Visitor, lang: str) -> None:
        received = office.is_billed()
        applicant = visitor("applicant")
        pages = {
            "/apply/": "My space",
            f"/apply/cases/{received.application_id}": "Pay by Mon 22 Sep CNY 32,729,939.24",
            f"/progress?number={received.number}": "Progress",
            "/verify": "Check a paper",
            "/estimate": "Estimate",
            "/account": "My account",
        }
        for path, english in pages.items():
            found = words(applicant.read(f"{path}{'&' if '?' in path else '?'}lang={lang}"))
            assert (english in found) is (lang == "en"), path


class TestQueries:
    def test_are_at_most_twelve_a_page(self, office: Office, visitor: Visitor, queries) -> None:
        received = office.is_billed()
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        for path in (
            "/apply/", draft, f"{draft}/scale", f"{draft}/papers", f"{draft}/check", "/account",
            f"/apply/cases/{received.application_id}", f"/progress?number={received.number}",
        ):  # fmt: skip
            with queries() as asked:
                applicant.read(path)
            assert len(asked) <= 12, (path, asked)
