"""The faces that documents are printed in: prepared once at set-up, loaded small, completed for rare characters.

WeasyPrint keeps glyph ids, so an embedded face grows with the highest id used. Hence three sizes of each
face, tried in this order: the characters of templates and packs, GB 2312, and, only for a document that needs
them, a handful of rare characters cut from the full Noto CJK on the spot.
`python -m shared.documents.fonts` prepares all of it; the second run finds the stamp and does nothing.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

from shared.domain.errors import Unavailable

_log = logging.getLogger(__name__)

RECIPE = 2
"""Raise it when this module makes other files from the same sources."""

STAMP = "faces.json"
FANDOL_PACKAGE = "texlive-lang-chinese"
NOTO_PYPI = "noto-cjk-sans-otc"
_SYSTEM_FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
_SIMPLIFIED = 2
"""Index of the SC face in Noto's collections (JP, KR, SC, TC, HK)."""

_COMMON_TEXT = (
    "零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整人民币负数年月日时期一二三四五六七八九十百千"
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳¥￥×−－—–·・•…‰%％²³〔〕（）《》“”‘’：；，。、！？〇※"
    "样张正常补打第次已冲红字瀚海市东湾区高新经开临港样品"
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜林徐高马罗梁宋唐邓萧"
    # What projects and companies are called: one character that is not here costs its document 10 ms and 20 KB.
    "花园苑庭府邸城湾郡里坊轩阁居林景观山庄小区广场中心大厦公寓住宅学校医院幼儿酒店宾馆商业综合体厂房车间仓库研发基地码头物流"
    "置业房地产开发有限责任公司集团股份投资实业科技产业材料机械电子生物医药食品纺织能源电力制造贸易建筑安装装饰市政路桥设计监理"
    "碧海蓝天金银玉龙凤翔祥瑞福泰安康宁和平顺盛兴隆昌荣华美丽阳光春夏秋冬东西南北江河湖泉松柏竹梅桂枫兰荷莲云霞星月晨曦锦绣御"
    "尚品紫翠青绿红远航恒信德诚仁义嘉佳世纪国际时代未来号楼栋幢期标段街道村镇乡桥站港口岛"
)


@dataclass(frozen=True, slots=True)
class Face:
    """One prepared file: `family` as templates name it, CSS `weight`, file name inside the fonts folder."""

    family: str
    weight: int
    file: str


@dataclass(frozen=True, slots=True)
class _Source:
    """A font file on this machine and the face inside it."""

    path: Path
    index: int = 0


@dataclass(frozen=True, slots=True)
class _Sources:
    sans: _Source
    sans_bold: _Source
    serif: _Source
    serif_bold: _Source
    fang: _Source | None
    song: _Source | None
    hei: _Source | None


@dataclass(frozen=True, slots=True)
class RareFaces:
    """Faces made for one document's rare characters, and those that no font on this machine has."""

    files: Mapping[Face, bytes]
    unprintable: str


@dataclass(frozen=True)
class FontSet:
    """What `prepare_fonts` left in a folder; raises `Unavailable` when it is not prepared."""

    folder: Path
    faces: tuple[Face, ...]
    sans: _Source
    sans_bold: _Source
    serif: _Source
    serif_bold: _Source

    @classmethod
    def load(cls, folder: Path) -> FontSet:
        """Read the stamp. Raises `Unavailable` where set-up has not run."""
        try:
            stamp = json.loads((folder / STAMP).read_text())
        except FileNotFoundError as missing:
            raise Unavailable("字体尚未准备：请先运行 python -m shared.documents.fonts") from missing
        full = {name: _Source(Path(each["path"]), each["index"]) for name, each in stamp["full"].items()}
        return cls(folder=folder, faces=tuple(Face(**each) for each in stamp["faces"]), **full)

    @cached_property
    def covered(self) -> frozenset[int]:
        """Code points that the prepared faces print; everything else is rare."""
        points: set[int] = set()
        for face in self.faces:
            if face.family == "Sans G" and face.weight == 400:
                with TTFont(self.folder / face.file, lazy=True) as font:
                    points.update(font.getBestCmap())
        return frozenset(points)

    def rare(self, text: Iterable[str]) -> frozenset[int]:
        """The code points of `text` that the prepared faces lack."""
        return frozenset(map(ord, set(text))) - self.covered - _INVISIBLE

    def rare_faces(self, points: frozenset[int]) -> RareFaces:
        """Four small faces with just these characters, cut from the full Noto CJK (about 0.1 s, not kept)."""
        regular = cut(self.sans, points)
        with TTFont(BytesIO(regular), lazy=True) as font:
            missing = points - (font.getBestCmap() or {}).keys()
        return RareFaces(
            {
                Face("Sans R", 400, "sans-r.otf"): regular,
                Face("Sans R", 700, "sans-r-bold.otf"): cut(self.sans_bold, points),
                Face("Serif R", 400, "serif-r.otf"): cut(self.serif, points),
                Face("Serif R", 700, "serif-r-bold.otf"): cut(self.serif_bold, points),
            },
            "".join(map(chr, sorted(missing))),
        )

    def outlines(self, text: str, *, bold: bool = False) -> Mapping[str, Outline]:
        """The shape of each character of `text` in Noto Serif, for seals and the watermark."""
        source = self.serif_bold if bold else self.serif
        with TTFont(BytesIO(cut(source, frozenset(map(ord, text)))), lazy=True) as font:
            glyphs, names, upem = font.getGlyphSet(), font.getBestCmap(), font["head"].unitsPerEm
            return {each: _outline(glyphs, names.get(ord(each), ".notdef"), upem) for each in text}


_INVISIBLE = frozenset(map(ord, "\n\r\t\u3000\u00a0\u2060\u200b \u00ad"))


@dataclass(frozen=True, slots=True)
class Outline:
    """A glyph in em units (y upwards): its path as (operator, numbers) pairs, and the box of its ink."""

    operations: tuple[tuple[str, tuple[float, ...]], ...]
    left: float
    bottom: float
    right: float
    top: float


class _OutlinePen(SVGPathPen):  # type: ignore[misc]
    """Records cubic path operators; fontTools' base class closes and orders the contours."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.operations: list[tuple[str, tuple[float, ...]]] = []

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self.operations.append(("m", point))

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self.operations.append(("l", point))

    def _curveToOne(  # noqa: N802 - fontTools' name
        self, first: tuple[float, float], second: tuple[float, float], end: tuple[float, float]
    ) -> None:
        self.operations.append(("c", (*first, *second, *end)))

    def _closePath(self) -> None:  # noqa: N802 - fontTools' name
        self.operations.append(("h", ()))


def _outline(glyphs: Any, name: str, upem: int) -> Outline:
    pen = _OutlinePen(glyphs)
    glyphs[name].draw(TransformPen(pen, (1 / upem, 0, 0, 1 / upem, 0, 0)))
    horizontal = [each for _, numbers in pen.operations for each in numbers[0::2]] or [0.0]
    vertical = [each for _, numbers in pen.operations for each in numbers[1::2]] or [0.0]
    return Outline(tuple(pen.operations), min(horizontal), min(vertical), max(horizontal), max(vertical))


def prepare_fonts(fonts_dir: Path, *, texts: Iterable[Path] | None = None, log: bool = True) -> FontSet:
    """Find or fetch the fonts, cut the faces, write the stamp; a second call returns at once.

    `texts` are the files whose characters make the small face (default: templates and packs of this checkout).
    Raises `Unavailable`, naming what to install, only where not even a sans CJK font can be had.
    """
    characters = _texts_characters(_default_texts() if texts is None else texts)
    digest = hashlib.sha256(f"{RECIPE} {sorted(characters)}".encode()).hexdigest()
    stamp_path = fonts_dir / STAMP
    if _is_current(stamp_path, digest):
        return FontSet.load(fonts_dir)
    fonts_dir.mkdir(parents=True, exist_ok=True)
    sources = _find_sources(fonts_dir)
    if log and sources.fang is None:
        _log.warning("仿宋字体 FandolFang 无法取得，公文改用思源宋体（安装 %s 后重新运行即可）", FANDOL_PACKAGE)
    faces = _cut_faces(fonts_dir, sources, frozenset(characters))
    full = {"sans": sources.sans, "sans_bold": sources.sans_bold, "serif": sources.serif}
    full["serif_bold"] = sources.serif_bold
    stamp = {
        "digest": digest,
        "fang": sources.fang is not None,
        "faces": [asdict(each) for each in faces],
        "full": {name: {"path": str(each.path), "index": each.index} for name, each in full.items()},
    }
    _write(stamp_path, json.dumps(stamp, ensure_ascii=False, indent=1).encode())
    return FontSet.load(fonts_dir)


def _write(path: Path, content: bytes) -> None:
    """All or nothing: another process may be printing with the file that this replaces."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


def _is_current(stamp_path: Path, digest: str) -> bool:
    try:
        stamp = json.loads(stamp_path.read_text())
        files = [stamp_path.parent / each["file"] for each in stamp["faces"]]
        files += [Path(each["path"]) for each in stamp["full"].values()]
    except (OSError, ValueError, KeyError):
        return False
    return stamp.get("digest") == digest and all(each.is_file() for each in files)


def _default_texts() -> list[Path]:
    root = Path(__file__).resolve().parent.parent.parent
    here = root / "shared" / "documents"
    return [*here.rglob("*.html"), *here.rglob("*.py"), *(root / "packs").rglob("*.yaml")]


def _texts_characters(texts: Iterable[Path]) -> set[int]:
    points = set(range(0x20, 0x7F)) | set(map(ord, _COMMON_TEXT))
    for each in texts:
        points.update(map(ord, each.read_text(encoding="utf-8")))
    return {each for each in points if each >= 0x20}


@lru_cache(maxsize=1)
def _gb2312() -> frozenset[int]:
    points = set(range(0x20, 0x7F))
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            points.update(map(ord, bytes((row, cell)).decode("gb2312", errors="ignore")))
    return frozenset(points)


def _cut_faces(folder: Path, sources: _Sources, small: frozenset[int]) -> list[Face]:
    gb = _gb2312() | frozenset(map(ord, _COMMON_TEXT)) | small
    plan: list[tuple[Face, _Source, frozenset[int]]] = []
    for family, weight, source in (
        ("Sans", 400, sources.sans),
        ("Sans", 700, sources.sans_bold),
        ("Serif", 700, sources.serif_bold),
        ("Fang", 400, sources.fang or sources.serif),
        ("Hei", 400, sources.hei or sources.sans_bold),
    ):
        for size, points in (("S", small), ("G", gb)):
            plan.append((Face(f"{family} {size}", weight, f"{family}-{weight}-{size}.otf".lower()), source, points))
    if sources.fang is not None:
        # Symbols that FandolFang lacks would otherwise come from whatever the machine has.
        with TTFont(sources.fang.path, lazy=True) as font:
            gaps = gb - font.getBestCmap().keys()
        plan.append((Face("Serif G", 400, "serif-400-g.otf"), sources.serif, frozenset(gaps)))
    for face, source, points in plan:
        _write(folder / face.file, cut(source, points))
    faces = [face for face, _, _ in plan]
    if sources.song is not None and sources.fang is not None:
        digits = Face("Fang D", 400, "fang-400-d.otf")
        _write(folder / digits.file, _digits_face(sources.song, sources.fang))
        faces.append(digits)
    return faces


def _digits_face(song: _Source, fang: _Source) -> bytes:
    """The ASCII of FandolSong on FandolFang's vertical metrics.

    FandolFang's own digits are heavy slabs; FandolSong's metrics (ascent 800, hhea descent with the wrong
    sign) would lift cells that hold only digits by about 0.5 mm.
    """
    font = TTFont(BytesIO(cut(song, frozenset(range(0x20, 0x7F)))))
    with TTFont(fang.path, lazy=True) as model:
        for table, names in (
            ("hhea", ("ascent", "descent", "lineGap")),
            ("OS/2", ("sTypoAscender", "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent")),
        ):
            for name in names:
                setattr(font[table], name, getattr(model[table], name))
    written = BytesIO()
    font.save(written)
    return written.getvalue()


def _find_sources(fonts_dir: Path) -> _Sources:
    names = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc")
    noto = [_find_installed(name) for name in names]
    sans = noto[0] or _fetch_noto(fonts_dir)
    regular, bold, serif, serif_bold = (_Source(each or sans, _SIMPLIFIED) for each in noto)
    fandol = _fetch_fandol(fonts_dir)
    return _Sources(
        sans=regular,
        sans_bold=bold,
        serif=serif,
        serif_bold=serif_bold,
        fang=fandol.get("FandolFang-Regular"),
        song=fandol.get("FandolSong-Regular"),
        hei=fandol.get("FandolHei-Regular"),
    )


def _find_installed(name: str) -> Path | None:
    return next((path for folder in _SYSTEM_FONTS if folder.is_dir() for path in sorted(folder.rglob(name))), None)


_FANDOL = ("FandolFang-Regular", "FandolSong-Regular", "FandolHei-Regular", "FandolKai-Regular")


def _fetch_fandol(fonts_dir: Path) -> dict[str, _Source]:
    """Four files out of Debian's package (49 MB), nothing installed; an empty answer where apt does not work."""
    folder = fonts_dir / "fandol"
    wanted = {name: folder / f"{name}.otf" for name in _FANDOL}
    for path in wanted.values():
        installed = _find_installed(path.name) or next(
            iter(sorted(Path("/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol").glob(path.name))), None
        )
        if installed is not None and not path.is_file():
            folder.mkdir(exist_ok=True)
            shutil.copyfile(installed, path)
    if not all(each.is_file() for each in wanted.values()):
        try:
            _unpack_fandol(folder)
        except (OSError, subprocess.SubprocessError) as failed:
            _log.info("no FandolFang: %s", failed)
    return {name: _Source(path) for name, path in wanted.items() if path.is_file()}


def _unpack_fandol(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        # apt drops to its own user for the download, who may not enter a private folder: it warns and goes on.
        subprocess.run(
            ["apt-get", "download", "-qq", FANDOL_PACKAGE], cwd=scratch, check=True, capture_output=True, timeout=180
        )
        package = next(Path(scratch).glob("*.deb"))
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as archive:
            subprocess.run(
                ["tar", "-x", "--wildcards", "--no-same-owner", *(f"*/{name}.otf" for name in _FANDOL)],
                cwd=scratch,
                stdin=archive.stdout,
                check=True,
                capture_output=True,
                timeout=180,
            )
        folder.mkdir(exist_ok=True)
        for path in Path(scratch).rglob("Fandol*.otf"):
            path.replace(folder / path.name)


def _fetch_noto(fonts_dir: Path) -> Path:
    """Noto Sans CJK Regular as a Python package (15 MB): the way without root and without system fonts."""
    folder = fonts_dir / "pypi"
    fetch = ["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target", str(folder)]
    if not folder.is_dir():
        try:
            subprocess.run([sys.executable, *fetch, NOTO_PYPI], check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as failed:
            raise Unavailable(f"找不到中文字体：请安装 fonts-noto-cjk，或用 pip 安装 {NOTO_PYPI}") from failed
    found = [*sorted(folder.rglob("*.ttc")), *sorted(folder.rglob("*.otf"))]
    if not found:
        raise Unavailable(f"{NOTO_PYPI} 里没有字体文件：请安装 fonts-noto-cjk")
    return found[0]


def cut(source: _Source, points: frozenset[int]) -> bytes:
    """The face with these characters only. HarfBuzz does in 0.1 s what takes fontTools 12 s with a CJK font."""
    hb, subset = _harfbuzz()
    blob = hb.hb_blob_create_from_file(str(source.path).encode())
    face = hb.hb_face_create(blob, source.index)
    wish = subset.hb_subset_input_create_or_fail()
    try:
        wanted = subset.hb_subset_input_unicode_set(wish)
        for each in points:
            hb.hb_set_add(wanted, each)
        features = subset.hb_subset_input_set(wish, _LAYOUT_FEATURES)
        hb.hb_set_clear(features)
        for name in (b"halt", b"kern"):
            hb.hb_set_add(features, hb.hb_tag_from_string(name, -1))
        dropped = subset.hb_subset_input_set(wish, _DROPPED_TABLES)
        for name in (b"VORG", b"vhea", b"vmtx", b"BASE", b"DSIG"):
            hb.hb_set_add(dropped, hb.hb_tag_from_string(name, -1))
        subset.hb_subset_input_set_flags(wish, _NO_HINTING | _DESUBROUTINIZE)
        smaller = subset.hb_subset_or_fail(face, wish)
        if not smaller:
            raise Unavailable(f"字体文件无法读取：{source.path}")
        written = hb.hb_face_reference_blob(smaller)
        length = ctypes.c_uint()
        start = hb.hb_blob_get_data(written, ctypes.byref(length))
        content = ctypes.string_at(start, length.value)
        hb.hb_blob_destroy(written)
        hb.hb_face_destroy(smaller)
    finally:
        subset.hb_subset_input_destroy(wish)
        hb.hb_face_destroy(face)
        hb.hb_blob_destroy(blob)
    return content


# Values of hb_subset_sets_t and hb_subset_flags_t in hb-subset.h.
_DROPPED_TABLES = 3
_LAYOUT_FEATURES = 6
_NO_HINTING = 1
_DESUBROUTINIZE = 4


@lru_cache(maxsize=1)
def _harfbuzz() -> tuple[ctypes.CDLL, ctypes.CDLL]:
    try:
        hb, subset = ctypes.CDLL("libharfbuzz.so.0"), ctypes.CDLL("libharfbuzz-subset.so.0")
    except OSError as missing:
        raise Unavailable("缺少 HarfBuzz：请安装 libharfbuzz-subset0") from missing
    pointer, number = ctypes.c_void_p, ctypes.c_uint
    for library, name, result, arguments in (
        (hb, "hb_blob_create_from_file", pointer, [ctypes.c_char_p]),
        (hb, "hb_blob_get_data", pointer, [pointer, ctypes.POINTER(number)]),
        (hb, "hb_blob_destroy", None, [pointer]),
        (hb, "hb_face_create", pointer, [pointer, number]),
        (hb, "hb_face_reference_blob", pointer, [pointer]),
        (hb, "hb_face_destroy", None, [pointer]),
        (hb, "hb_set_add", None, [pointer, number]),
        (hb, "hb_set_clear", None, [pointer]),
        (hb, "hb_tag_from_string", number, [ctypes.c_char_p, ctypes.c_int]),
        (subset, "hb_subset_input_create_or_fail", pointer, []),
        (subset, "hb_subset_input_destroy", None, [pointer]),
        (subset, "hb_subset_input_unicode_set", pointer, [pointer]),
        (subset, "hb_subset_input_set", pointer, [pointer, ctypes.c_int]),
        (subset, "hb_subset_input_set_flags", None, [pointer, number]),
        (subset, "hb_subset_or_fail", pointer, [pointer, pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return hb, subset


if __name__ == "__main__":
    from shared.settings import settings

    prepared = prepare_fonts(settings().fonts_dir)
    sys.stdout.write(f"{len(prepared.faces)} faces in {prepared.folder}\n")
