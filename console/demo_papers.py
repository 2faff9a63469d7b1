"""Sample papers for the demonstration: one page each, marked 样张, saying what it stands for."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

#: A4 at 75 dpi: readable on a screen, small on the disk.
PAGE = (620, 877)
INK, PALE, RED = "#1f2329", "#e9edf2", "#c8161d"


@lru_cache(maxsize=64)
def sample_paper(name: str, project: str, fonts_dir: Path) -> bytes:
    """A PDF of one page with the paper's name and the project's."""
    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    mark = Image.new("RGBA", PAGE, (0, 0, 0, 0))
    ImageDraw.Draw(mark).text((310, 470), "样 张", font=_font(fonts_dir, 150), fill=PALE, anchor="mm")
    turned = mark.rotate(32, center=(310, 470))
    page.paste(turned, (0, 0), turned)
    draw.text((310, 120), name, font=_font(fonts_dir, 30), fill=INK, anchor="mm")
    draw.line((80, 160, 540, 160), fill=RED, width=2)
    lines = [
        f"工程名称：{project}",
        "本页为演示用样张，机构、人员、工程均属虚构。",
        "真实申报时，此处为单位上传的材料原件。",
    ]
    for row, text in enumerate(lines):
        draw.text((80, 210 + 36 * row), text, font=_font(fonts_dir, 17), fill=INK)
    for row in range(9):
        top = 360 + row * 44
        draw.rectangle((80, top, 540, top + 44), outline=INK)
        draw.line((200, top, 200, top + 44), fill=INK)
    buffer = io.BytesIO()
    page.save(buffer, "PDF", resolution=75)
    return buffer.getvalue()


@lru_cache(maxsize=8)
def _font(fonts_dir: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(fonts_dir / "sans-400-g.otf", size)
