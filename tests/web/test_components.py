"""Components as a person reads them, on the catalogue's pages."""

from __future__ import annotations

import re

from bs4 import Tag


def text_of(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


class TestCatalogue:
    def test_shows_every_component(self, templates):
        """On a page of the catalogue by name, or as a part of a component that is."""
        sources = {f"{each.parent.name}/{each.stem}": each.read_text(encoding="utf-8") for each in templates}
        shown: set[str] = set()
        pages = [source for name, source in sources.items() if name.startswith("styleguide/")]
        while pages:
            parts = set(re.findall(r'"components/(\w+)\.html"', pages.pop())) - shown
            shown |= parts
            pages += [sources[f"components/{part}"] for part in parts]

        assert {name.removeprefix("components/") for name in sources if name.startswith("components/")} == shown

    def test_asks_a_question_of_every_kind_right_and_wrong(self, browse):
        from web.apply.form import Kind
        from web.styleguide.samples import QUESTIONS, QUESTIONS_WRONG

        page = browse("/styleguide/")
        for questions in (QUESTIONS, QUESTIONS_WRONG):
            assert {each.kind for each in questions} == set(Kind)
            assert all(page.find(id=each.name) for each in questions)
        assert len(page.select("#question-wrong .error-text")) == len(QUESTIONS_WRONG)
        assert page.select("#question .error-text") == []

    def test_shows_fees_that_are_open_and_cases_that_are_closed(self, browse):
        page = browse("/styleguide/")

        assert "补齐后计算" in text_of(page.select_one("#fee_table"))
        assert len(page.select("#fee_card form")) == 1
        assert [bool(each.form) for each in page.select("#attention_list li")] == [True, True, False]
        assert text_of(page.select_one("#attention_list .error-text")) == "有误： 请写明处理结果"


class TestLanes:
    def test_name_department_state_light_time_and_amount_in_each_row(self, browse):
        rows = [text_of(row) for row in browse("/styleguide/case").select(".lane-table tbody tr")]

        assert len(rows) == 12
        assert rows[0] == "水务局 排水与节水方案 罗雯 待补正 停表 1 日 3 / 5 日 待您补正 —"
        assert rows[1] == "气象局 防雷装置设计审核 纪晓风 审核中 超期 1 日 4 / 3 日 应于 09-18 —"
        assert rows[5] == "住房和城乡建设局 施工图审查备案 已办结 按时 4 / 5 日 09-19 26,164,845.90"

    def test_say_their_picture_in_words(self, browse):
        bars = browse("/styleguide/case").select(".day-bar")

        assert [bar["aria-label"] for bar in bars[:2]] == [
            "已用 3 个工作日，承诺 5 个",
            "已用 4 个工作日，承诺 3 个",
        ]

    def test_put_a_gap_where_days_off_lie_between(self):
        from web.styleguide.samples import AXIS

        distances = [later.x - earlier.x for earlier, later in zip(AXIS.days, AXIS.days[1:], strict=False)]
        assert [day.on.day for day in AXIS.days] == [16, 17, 18, 19, 22, 23, 24, 25, 26, 28, 29, 30]
        assert distances == [16, 16, 16, 22, 16, 16, 16, 16, 22, 16, 16]

    def test_agree_with_the_bill_on_the_sum(self, browse):
        page = browse("/styleguide/case")

        assert text_of(page.select_one(".lanes .card-foot b")) == "32,729,939.24"
        assert text_of(page.select_one(".bill-total")) == "¥32,729,939.24"


class TestMoreMenu:
    def test_opens_without_a_script_and_marks_what_destroys(self, browse):
        menus = browse("/styleguide/").select("#more_menu .card-body > *")

        assert [menu.name for menu in menus] == ["details"], "nothing further to do is no menu"
        assert [(text_of(link), link.get("class")) for link in menus[0].select("li a")] == [
            ("申请延期", None),
            ("撤回办件", ["is-danger"]),
        ]


class TestLight:
    def test_carries_shape_and_word_in_every_state(self, browse):
        lights = browse("/styleguide/").select("#light .light")

        assert [text_of(light) for light in lights] == ["正常", "剩 1 日", "超期 1 日", "停表 2 日", "未开始", "按时"]
        shapes = [str(light.svg.find(True)) for light in lights]
        assert len(set(shapes)) == 6


class TestBillCard:
    def test_groups_lines_by_nature(self, browse):
        groups = [text_of(group.h3) for group in browse("/styleguide/case").select(".bill-group")]

        assert groups == [
            "国库 财政收入 小计 25,432,499.24",
            "代收专户 代收代拨，不计财政收入",
            "保证金专户 可退还，不计财政收入",
        ]

    def test_never_breaks_the_payment_code_inside_a_group_of_four(self, browse):
        groups = browse("/styleguide/case").select(".bill-code .code span")

        assert [group.text for group in groups] == ["3710", "0214", "0000", "0000", "3178"]

    def test_names_what_is_missing_and_shows_no_code_before_it_is_out(self, browse):
        card = browse("/styleguide/").select_one(".bill:has(.bill-missing)")

        assert "人民防空办公室 沈嘉禾 核定，09-22 前" in text_of(card)
        assert card.select(".code, .qr, .bill-total") == []

    def test_gives_the_reason_of_a_zero(self, browse):
        zero = next(card for card in browse("/styleguide/").select(".bill") if "无须缴款" in text_of(card))

        assert text_of(zero.select_one("dl")) == "防空地下室易地建设费 已自建 0.00"


class TestFields:
    def test_every_control_has_a_label(self, browse):
        page = browse("/styleguide/")
        controls = page.select("input:not([type=hidden]), select, textarea")

        unlabelled = [
            control
            for control in controls
            if not control.get("aria-label")
            and not page.select(f'label[for="{control.get("id")}"]')
            and not control.find_parent("label")
        ]
        assert controls
        assert unlabelled == []

    def test_an_error_stands_beside_its_field_and_keeps_what_was_typed(self, browse):
        page = browse("/styleguide/")
        control = page.select_one("#demo-area")

        assert control["value"] == "86,432.1875"
        assert control["aria-invalid"] == "true"
        described = [page.find(id=name) for name in control["aria-describedby"].split()]
        assert [text_of(each) for each in described] == ["有误： 面积最多两位小数，例如 86432.18"]

    def test_the_summary_links_to_each_field_with_a_problem(self, browse):
        page = browse("/styleguide/")
        links = page.select(".error-summary a")

        assert text_of(page.select_one(".error-summary h2")) == "有 2 处需要修改"
        assert [link["href"] for link in links] == ["#demo-name", "#demo-area"]
        assert all(page.find(id=link["href"][1:]) for link in links)


class TestTables:
    def test_have_a_caption_and_scopes(self, browse):
        for path in ("/styleguide/inbox", "/styleguide/case"):
            for table in browse(path).select("table"):
                assert table.caption.get_text(strip=True)
                assert all(head.get("scope") for head in table.select("th"))

    def test_an_empty_one_says_why_and_what_to_do(self, browse):
        empty = browse("/styleguide/").select_one("#data_table .empty")

        assert text_of(empty) == "今天的待办都办完了。 看待认领"

    def test_an_amount_of_zero_names_its_reason(self, browse):
        rows = [text_of(row) for row in browse("/styleguide/inbox").select("tbody tr")]

        assert [row.rsplit("/ ", 1)[1] for row in rows if row.endswith(" 0.00")] == ["2 已自建 0.00", "5 非民用 0.00"]


class TestPages:
    def test_have_one_filled_button(self, browse):
        for path in ("/styleguide/case", "/styleguide/desk"):
            page = browse(path)
            assert len(page.select("main .button-primary")) == 1

    def test_have_unique_ids(self, browse):
        for path in ("/", "/styleguide/case", "/styleguide/inbox", "/styleguide/desk", "/styleguide/print"):
            ids = [part["id"] for part in browse(path).select("[id]")]
            assert sorted(set(ids)) == sorted(ids)

    def test_name_their_language_and_offer_a_way_past_the_navigation(self, browse):
        page = browse("/")

        assert page.html["lang"] == "zh-CN"
        assert page.select_one("a.skip")["href"] == "#main"
        assert page.select_one("main")["id"] == "main"

    def test_use_no_style_and_no_script_inside_the_page(self, browse):
        for path in ("/", "/styleguide/", "/styleguide/case", "/styleguide/inbox", "/styleguide/desk", "/api/docs/"):
            page = browse(path)
            assert page.select("style, [style]") == []
            assert [script for script in page.select("script") if not script.get("src")] == []
            handlers = [name for part in page.select("*") for name in part.attrs if re.match(r"on[a-z]+$", name)]
            assert handlers == []
