"""Every text can be read in English, and no template speaks past the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from web.i18n import CATALOGUE

WEB = Path(__file__).resolve().parents[2] / "web"
CHINESE = re.compile(r"[\u3400-\u9fff]")
# The brand, and the name of a language in that language, are the same in every language.
NEVER_TRANSLATED = {"一单", "中文"}


def messages_in_code() -> set[str | tuple[str, str]]:
    found = extract_from_dir(
        WEB,
        [("**.py", "python"), ("templates/**.html", "jinja2")],
        {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}},
        keywords={**DEFAULT_KEYWORDS, "lazy_gettext": None},
    )
    return {message for _file, _line, message, _comments, _context in found}


def catalogue():
    with CATALOGUE.open("rb") as text:
        return read_po(text, locale="en")


class TestEnglishCatalogue:
    def test_has_every_message_and_no_other(self):
        kept = {message.id for message in catalogue() if message.id}

        assert messages_in_code() - kept == set()
        assert kept - messages_in_code() == set()

    def test_translates_every_message(self):
        def words(message):
            return message.string if isinstance(message.string, tuple) else (message.string,)

        entries = [message for message in catalogue() if message.id]
        assert [entry.id for entry in entries if entry.fuzzy or not all(words(entry))] == []
        assert [entry.id for entry in entries if any(CHINESE.search(word) for word in words(entry))] == []

    def test_keeps_the_placeholders(self):
        placeholder = re.compile(r"%\(\w+\)s")
        for message in catalogue():
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            words = message.string if isinstance(message.string, tuple) else (message.string,)
            assert {frozenset(placeholder.findall(text)) for text in words} == {frozenset(placeholder.findall(ids[0]))}


class TestTemplates:
    def test_say_nothing_that_is_not_a_message(self, app, templates):
        """Samples in the catalogue of components are values, so `styleguide/` is left out."""
        spoken: dict[str, list[str]] = {}
        for template in templates:
            if "styleguide" in template.parts:
                continue
            tree = app.jinja_env.parse(template.read_text(encoding="utf-8"))
            marked = {
                id(constant)
                for call in tree.find_all(jinja2.nodes.Call)
                if isinstance(call.node, jinja2.nodes.Name) and call.node.name in {"_", "gettext", "ngettext"}
                for constant in call.find_all(jinja2.nodes.Const)
            }
            texts = [data.data for data in tree.find_all(jinja2.nodes.TemplateData)]
            texts += [str(each.value) for each in tree.find_all(jinja2.nodes.Const) if id(each) not in marked]
            for word in NEVER_TRANSLATED:
                texts = [text.replace(word, "") for text in texts]
            if wild := [text for text in texts if CHINESE.search(text)]:
                spoken[template.name] = wild

        assert spoken == {}

    def test_name_no_other_host(self, templates):
        for template in templates:
            assert re.search(r"(https?:)?//[a-z]", template.read_text(encoding="utf-8")) is None, template.name

    def test_define_one_macro_a_file_of_the_same_name(self, templates):
        for template in templates:
            if template.parent.name == "components":
                macros = re.findall(r"{% macro (\w+)", template.read_text(encoding="utf-8"))
                assert macros == [template.stem]


class TestLanguageSwitch:
    def test_offers_the_other_language_and_keeps_the_choice(self, client):
        assert "一次申报，各部门同时办，一张单缴费" in client.get("/").text

        english = client.get("/?lang=en")
        assert "One application, all departments at once, one bill" in english.text
        assert '<html lang="en"' in english.text
        assert "One application" in client.get("/").text
        assert "一次申报" in client.get("/?lang=zh").text

    def test_ignores_a_language_that_nobody_speaks(self, client):
        assert '<html lang="zh-CN"' in client.get("/?lang=xx").text

    def test_keeps_the_other_arguments_of_the_page(self, browse):
        links = [link["href"] for link in browse("/?page=2").select(".top-end a")]

        assert "?page=2&lang=en" in links

    def test_large_type_and_density_are_kept_as_well(self, client):
        client.get("/?size=large&density=standard")

        assert 'data-size="large" data-density="standard"' in client.get("/").text
