"""Languages: the msgid is Chinese, English comes from one catalogue that must be complete.

The catalogue is compiled into `var/` under the hash of its text, so a stale one cannot be read.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import flask
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask_babel import Babel

CATALOGUE = Path(__file__).resolve().parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"
CHINESE = "zh_Hans_CN"
ENGLISH = "en"
LANGUAGES = {"zh": CHINESE, "en": ENGLISH}


def install(app: flask.Flask, *, var_dir: Path) -> None:
    """Compile the catalogue if need be and let the reader's preference choose the language."""
    Babel(
        app,
        default_locale=CHINESE,
        default_translation_directories=str(compiled(var_dir / "translations")),
        default_timezone="Asia/Shanghai",
        locale_selector=locale,
    )
    app.jinja_env.globals.update(html_lang=html_lang, is_english=is_english)


def locale() -> str:
    """The locale of this request: what the reader asked for, else Chinese (never guessed from the browser)."""
    if not flask.has_request_context():
        return CHINESE
    return LANGUAGES[flask.g.preferences.lang] if "preferences" in flask.g else CHINESE


def html_lang() -> str:
    """The `lang` of the page; zh-CN also picks the right glyph shapes from a shared CJK font."""
    return "en" if is_english() else "zh-CN"


def is_english() -> bool:
    return locale() == ENGLISH


def compiled(folder: Path) -> Path:
    """The folder with the compiled catalogue, made by whichever process comes first."""
    source = CATALOGUE.read_bytes()
    home = folder / hashlib.sha256(source).hexdigest()[:16]
    target = home / "en" / "LC_MESSAGES" / "messages.mo"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with CATALOGUE.open("rb") as text:
            catalogue = read_po(text, locale="en")
        handle, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as draft:
            write_mo(draft, catalogue)
        Path(name).replace(target)
    return home
