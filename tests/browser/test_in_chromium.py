"""What only a real browser can say: pages work without JavaScript, ask nobody else, and break no policy of theirs."""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from office import E1, Office, small_pdf
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from services.setting_up import DEMO_PASSWORD
from shared.settings import settings
from web.app import create_app
from web.limits import limiter

pytestmark = pytest.mark.browser

#: Without these Chromium looks for its maker's servers at every start.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; a machine without it skips, continuous integration must have it."""
    program = shutil.which("chromium")
    try:
        ctypes.CDLL("libatomic.so.1")  # the driver's own node needs it
    except OSError:
        program = None
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("continuous integration needs Chromium: bin/setup --browser")
        pytest.skip("no Chromium here: apt-get install chromium libatomic1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def served(office: Office) -> Iterator[str]:
    """The real application on this test's office, at a free port of this machine."""
    assert office
    application = create_app(settings())
    limiter.reset()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def log_in(context: BrowserContext, base: str, login: str) -> Page:
    page = context.new_page()
    page.goto(f"{base}/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    return page


def fill(page: Page, **answers: object) -> None:
    """Answer the questions of a page by their names, whatever kind of field they are."""
    for name, answer in answers.items():
        if answer is None:
            continue
        field = page.locator(f"[name={name}]").first
        if isinstance(answer, bool):
            page.check(f"[name={name}][value={'yes' if answer else 'no'}]")
        elif field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(str(answer))
        elif field.get_attribute("type") == "radio":
            page.check(f"[name={name}][value='{answer}']")
        else:
            field.fill(str(answer))


class TestWithoutJavaScript:
    def test_an_applicant_gets_from_a_draft_to_a_submitted_case(
        self, chromium: Browser, served: str, office: Office, tmp_path: Path
    ) -> None:
        paper = tmp_path / "材料.pdf"
        paper.write_bytes(small_pdf())
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
        page = log_in(context, served, "applicant")
        page.click("text=开始申报")
        draft = page.url.rstrip("/")
        page.goto(f"{draft}/project")
        fill(
            page,
            area_code="dw",
            site="瀚海市东湾区碧海路18号",
            **{n: E1[n] for n in ("project_name", "project_code", "use")},
        )
        page.click("text=保存并继续")
        page.goto(f"{draft}/parties")
        for party in ("developer", "contractor"):
            fill(page, **{f"{party}_name": E1[party]["name"], f"{party}_uscc": E1[party]["uscc"]})
        page.click("text=保存并继续")
        page.goto(f"{draft}/scale")
        scale = "floor_area_m2 above_ground_area_m2 ground_floor_area_m2 floors foundation_depth_m full_frame"
        fill(page, **{name: E1[name] for name in [*scale.split(), "heating_connected", "gas_connected"]})
        fill(page, shelter_built_m2=E1["shelter_built_m2"], shelter_impossible=False)
        page.click("text=保存并继续")
        page.goto(f"{draft}/cost")
        fill(page, **{name: E1[name] for name in ("project_cost", "contract_price", "wage_arrears_last_year")})
        fill(page, wage_clean_years=0)
        page.click("text=保存并继续")
        page.goto(f"{draft}/papers")
        for field in page.locator("input[type=file]").all():
            if "optional" not in (field.get_attribute("class") or ""):
                field.set_input_files(paper)
        page.click("text=上传并继续")
        page.goto(f"{draft}/check")
        page.check("[name=declared]")
        page.click("text=提交申报")

        assert office.one("select count(*) from application") == 1, page.inner_text("main")[:1500]
        number = office.one("select number from application")
        assert number in page.inner_text("main")
        context.close()


class TestEveryPage:
    @pytest.mark.parametrize("width", [1440, 1024, 390])
    def test_asks_nobody_else_breaks_no_policy_and_never_scrolls_sideways(
        self, chromium: Browser, served: str, office: Office, width: int
    ) -> None:
        case = office.is_billed().application_id
        task = office.tasks(case)[0].id
        places = {
            "": ["/", "/login", "/progress", "/verify", "/estimate", "/materials", "/styleguide/", "/api/docs/"],
            "applicant": ["/apply/", f"/apply/cases/{case}"],
            "zj-officer": ["/desk", f"/desk/tasks/{task}", "/desk/commitments"],
            "finance": ["/finance", "/finance/bills"],
            "leader": ["/board"],
            "operator": ["/ops"],
        }
        strangers: list[str] = []
        complaints: list[str] = []
        wide: list[str] = []
        for login, paths in places.items():
            limiter.reset()
            context = chromium.new_context(viewport={"width": width, "height": 900})
            page = log_in(context, served, login) if login else context.new_page()
            page.on(
                "request", lambda request: strangers.append(request.url) if _is_elsewhere(request.url, served) else None
            )
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            for language in ("zh", "en"):
                for path in paths:
                    page.goto(f"{served}{path}?lang={language}")
                    page.wait_for_load_state("networkidle")
                    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    if over > 1 and path != "/api/docs/":
                        wide.append(f"{path} {language}: {over} px")
            context.close()

        assert strangers == []
        assert complaints == []
        assert wide == []


def _is_elsewhere(url: str, served: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(served).netloc


class TestAnOfficersKeys:
    def test_move_select_and_claim_and_leave_writing_alone(
        self, office: Office, served: str, chromium: Browser
    ) -> None:
        for _ in range(2):
            office.receives()
        context = chromium.new_context(locale="zh-CN")
        page = log_in(context, served, "rf-officer")
        page.goto(f"{served}/desk?tab=unclaimed")

        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("x")
        assert page.locator("tr.is-at.is-selected").count() == 1
        assert "1" in page.locator("[data-selected-count]").inner_text()
        page.keyboard.press("?")
        assert page.locator("dialog#keys").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("xc")
        assert page.locator("tr.is-selected").count() == 1, "typing is no command"
        page.locator("h1").click()
        page.locator("body").evaluate("() => document.activeElement.blur()")
        with page.expect_navigation():
            page.keyboard.press("c")

        assert "已认领 1 件" in page.locator(".toast").inner_text()
        context.close()

    def test_keep_a_worksheet_as_it_is_written_and_warn_of_papers_not_seen(
        self, office: Office, served: str, chromium: Browser
    ) -> None:
        received = office.receives()
        task = next(each for each in office.tasks(received.application_id) if each.unit_code == "rf")
        context = chromium.new_context(locale="zh-CN")
        page = log_in(context, served, "rf-officer")
        page.goto(f"{served}/desk/tasks/{task.id}")
        with page.expect_response(lambda answer: answer.url.endswith("/worksheet")):
            page.locator("label.is-fits").nth(1).click()
        page.wait_for_function("() => document.querySelector('[data-saved]').textContent.includes('草稿已保存')")

        page.locator('button[name="verdict"][value="approve"]').click()
        assert "再按一次" in page.locator("[data-unseen]").inner_text()
        assert office.one("select status from review_task where id = :id", id=task.id) == "open"
        with page.expect_navigation():
            page.locator('button[name="verdict"][value="approve"]').click()

        assert office.one("select status from review_task where id = :id", id=task.id) == "approved"
        assert office.one("select worksheet -> 'papers' -> 'drawings' ->> 'finding' from review_task where id = :id",
                          id=task.id) == "fits"  # fmt: skip
        context.close()


class TestACaseOnANarrowScreen:
    @pytest.mark.parametrize("width", [1100, 390])
    def test_keeps_its_files_in_a_menu_and_leads_from_a_fact_to_its_paper(
        self, office: Office, served: str, chromium: Browser, width: int
    ) -> None:
        received = office.receives()
        task = next(each for each in office.tasks(received.application_id) if each.unit_code == "rf")
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
        page = log_in(context, served, "rf-officer")
        page.goto(f"{served}/desk/tasks/{task.id}")

        files = page.locator(".desk-files")
        assert not files.is_visible()
        page.locator("[popovertarget=files]").click()
        assert files.is_visible()
        files.locator("a", has_text="施工图设计文件").click()
        assert not files.is_visible()
        assert "施工图设计文件" in page.locator(".viewer header").inner_text()

        page.locator("#fact-floor_area_m2 a.mark-number").click()

        assert "建筑面积测算报告" in page.locator(".viewer header").inner_text()
        assert page.locator("#fact-floor_area_m2.is-open").is_visible()
        context.close()
