"""The faces: prepared once, quick, and documents print without the ones that cannot be had."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from paper import slip
from reading import text

from shared.documents.fonts import STAMP, FontSet, prepare_fonts
from shared.documents.rendering import Renderer
from shared.documents.views import DocumentKind
from shared.domain.errors import Unavailable


class TestPreparing:
    def test_a_second_time_changes_nothing_and_is_instant(self, fonts: FontSet) -> None:
        before = (fonts.folder / STAMP).stat().st_mtime_ns
        start = time.perf_counter()
        again = prepare_fonts(fonts.folder)
        assert time.perf_counter() - start < 2
        assert (fonts.folder / STAMP).stat().st_mtime_ns == before
        assert again.faces == fonts.faces

    def test_without_apt_prints_with_another_face(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        start = time.perf_counter()
        plain = prepare_fonts(tmp_path / "fonts", log=False)
        assert time.perf_counter() - start < 25
        monkeypatch.undo()
        page = Renderer(plain).render(DocumentKind.SLIP, 1, slip(), signers=["x"])
        assert page.unprintable == ""
        assert "经办人高龑。材料清单如下：" in text(page.pdf)

    def test_is_asked_for_where_it_was_forgotten(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match=r"shared\.documents\.fonts"):
            FontSet.load(tmp_path)


class TestCoverage:
    def test_has_a_blank_in_every_face_that_has_digits(self, fonts: FontSet) -> None:
        # Pango takes a blank from the face of the word behind it: a face without one prints a box.
        for face in fonts.faces:
            with TTFont(fonts.folder / face.file, lazy=True) as font:
                characters = font.getBestCmap()
            assert (ord(" ") in characters) or (ord("0") not in characters), face

    def test_reaches_every_character_of_gb_2312(self, fonts: FontSet) -> None:
        every = [bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xF8) for cell in range(161, 255)]
        assert len("".join(every)) == 6763
        assert fonts.rare("".join(every)) == frozenset()

    def test_calls_the_rest_rare(self, fonts: FontSet) -> None:
        assert fonts.rare("瀚海市䶮\n　龑") == frozenset(map(ord, "䶮龑"))
