"""Views to PDF pages with empty signature fields, by WeasyPrint.

Applicants' names are hostile input: templates escape everything, and the fetcher hands out the stylesheet's own
faces, nothing else: no network, no file, no data URL.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from shared.documents import styles
from shared.documents.finishing import QR_BOX, Finisher
from shared.documents.fonts import FontSet, RareFaces
from shared.documents.sealing import SealBox, field_name
from shared.documents.source import Source
from shared.documents.views import DocumentKind, DocumentView
from shared.domain.errors import Broken, NotFound

TEMPLATES = Path(__file__).resolve().parent / "templates"

_OWN = "yidan:"


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered, unsigned document."""

    pdf: bytes
    pages: int
    boxes: Mapping[str, SealBox]
    unprintable: str
    """Characters for which no font on this machine has a shape; they print as an empty box."""


class OwnFilesOnly(URLFetcher):  # type: ignore[misc]
    """Serves what the process registered under `yidan:` names. Anything else stops the document."""

    def __init__(self, served: Mapping[str, bytes | Path]) -> None:
        super().__init__(allowed_protocols=("yidan",), allow_redirects=False)
        self._served = served

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002
        """Raises `FatalURLFetchingError` for a foreign address: a document that asks for one is not issued."""
        content = self._served.get(url.removeprefix(_OWN)) if url.startswith(_OWN) else None
        if content is None:
            raise FatalURLFetchingError(f"a document asked for {url[:200]!r}")
        return URLFetcherResponse(url, content if isinstance(content, bytes) else content.read_bytes())


@dataclass(frozen=True, slots=True)
class _Press:
    """Stylesheets and the font configuration they were loaded into."""

    common: CSS
    own: Callable[[str], CSS]
    """By template name (`bill_v1`), read when first asked for: a process prints few of the kinds."""
    fonts: FontConfiguration
    fetcher: OwnFilesOnly
    unprintable: str = ""


class Renderer:
    """One per process, kept warm: templates, stylesheets and faces are read once."""

    def __init__(self, fonts: FontSet) -> None:
        styles.install()
        self._fonts = fonts
        self._finisher = Finisher(fonts)
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"named": _named, "kept": _kept}
        self._defaults = CSS(string=self._stylesheet("_defaults.css"))
        self._press = self._set_up(RareFaces({}, ""))
        # A press with rare characters costs 0.2 s and 15 MB; names repeat on bill and receipt of one case.
        self._with_rare = lru_cache(maxsize=2)(lambda points: self._set_up(fonts.rare_faces(points)))

    def render(
        self,
        kind: DocumentKind,
        template_version: int,
        view: DocumentView,
        *,
        signers: Sequence[str],
    ) -> Page:
        """Lay the view out. Raises `NotFound` for a template version that does not exist."""
        html = self.html(kind, template_version, view)
        rare = self._fonts.rare(_texts(view.to_json()))
        press = self._with_rare(rare) if rare else self._press
        sheets = [press.common, press.own(f"{kind}_v{template_version}")]
        source = Source(html, self._defaults, press.fetcher)
        try:
            document = source.render(stylesheets=sheets, font_config=press.fonts)
        except FatalURLFetchingError as foreign:
            # WeasyPrint's class is no Exception: uncaught, it would end the worker.
            raise Broken(str(foreign)) from foreign
        boxes: dict[str, SealBox] = {}
        written = io.BytesIO()
        document.write_pdf(
            written,
            finisher=lambda rendered, pdf: boxes.update(self._finisher.finish(rendered, pdf, view, signers)),
            pdf_identifier=True,
        )
        return Page(written.getvalue(), len(document.pages), boxes, press.unprintable)

    def html(self, kind: DocumentKind, template_version: int, view: DocumentView) -> str:
        """The document's HTML, everything escaped."""
        name = f"{kind}_v{template_version}.html"
        if not (TEMPLATES / name).is_file():
            raise NotFound(f"没有文书模板 {name}")
        return self._templates.get_template(name).render(
            view=view,
            qr_box=QR_BOX,
            fields=[field_name(index, each) for index, each in enumerate(view.seals)],
            marks=_MARKS,
        )

    def _set_up(self, rare: RareFaces) -> _Press:
        served: dict[str, bytes | Path] = {each.file: self._fonts.folder / each.file for each in self._fonts.faces}
        served |= {face.file: content for face, content in rare.files.items()}
        fetcher, fonts = OwnFilesOnly(served), FontConfiguration()
        faces = "\n".join(
            f'@font-face {{ font-family: "{each.family}"; font-weight: {each.weight}; src: url({_OWN}{each.file}) }}'
            for each in (*self._fonts.faces, *rare.files)
        )

        def sheet(text: str) -> CSS:
            return CSS(string=text, font_config=fonts, url_fetcher=fetcher)

        common = sheet(faces + self._stylesheet("_document.css"))
        own = lru_cache(maxsize=32)(lambda name: sheet(self._stylesheet(f"{name}.css")))
        return _Press(common, own, fonts, fetcher, rare.unprintable)

    def _stylesheet(self, name: str) -> str:
        """A stylesheet with those that it includes; names with an underscore are only included."""
        return self._templates.get_template(name).render()


_MARKS = tuple("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿")


_CLAUSE = "第[〇零一二三四五六七八九十百千0-9]+[条款项章节]"
_SHORT = 6
"""A name of so many characters never breaks; a longer one may, but keeps its line."""


def _named(text: str, names: Sequence[str]) -> Markup:
    """`text` escaped, each of `names` in a span that neither breaks nor moves its line."""
    return _marked(text, names, "", lambda _: "name")


def _kept(text: str, names: Sequence[str]) -> Markup:
    """As `_named`, for letters: long names may break, and a clause's number (第三十二条) does not."""
    given = frozenset(names)
    return _marked(text, names, _CLAUSE, lambda word: "rare" if word in given and len(word) > _SHORT else "name")


def _marked(text: str, names: Sequence[str], also: str, style: Callable[[str], str]) -> Markup:
    """One pass, so that what was marked is never searched again: a person may be called `span`."""
    wanted = [re.escape(each) for each in sorted(set(names), key=len, reverse=True) if each]
    pattern = "|".join((*wanted, also) if also else wanted)
    if not pattern:
        return escape(text)
    marked, at = Markup(), 0
    for found in re.finditer(pattern, text):
        word = found.group()
        marked += escape(text[at : found.start()]) + Markup('<span class="{}">{}</span>').format(style(word), word)
        at = found.end()
    return marked + escape(text[at:])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
