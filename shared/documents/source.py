"""A template's output as WeasyPrint lays it out, read by expat in place of WeasyPrint's own HTML parser.

Templates are well-formed XML: 1 ms a document where the parser in Python takes 28, and text that was not escaped
is an error instead of markup.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher

from shared.domain.errors import Broken

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot carry, however escaped: control characters, halves of surrogate pairs, two that are none."""


class Source(HTML):  # type: ignore[misc]
    """A document before its layout, with the defaults of our own elements only."""

    def __init__(self, markup: str, defaults: CSS, fetcher: URLFetcher) -> None:
        """Raises `Broken` for a template whose output is not well-formed."""
        try:
            # Nothing but our templates declares anything: names and texts are escaped, so no entity can be made.
            root = ElementTree.fromstring(_NOT_XML.sub("\ufffd", markup))  # noqa: S314
        except ElementTree.ParseError as malformed:
            raise Broken(f"a template is not well-formed: {malformed}") from malformed
        self._defaults = defaults
        self.base_url = None
        self.url_fetcher = fetcher
        self.media_type = "print"
        self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = root

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:  # noqa: ARG002, FBT - WeasyPrint's signature
        return [self._defaults]
