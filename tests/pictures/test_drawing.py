"""A drawing as SVG and, with the extra, as PNG."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from chainrule.documents.svg import formula
from chainrule.pictures import Drawing, shortened, width_of
from chainrule.sentences import speaking

SVG = "{http://www.w3.org/2000/svg}"


def sample() -> Drawing:
    drawing = Drawing(200, 100, "a <title> & more")
    drawing.rectangle(10, 10, 40, 20, "#ff0000")
    drawing.circle(100, 50, 15, "#00ff00", rim="#000000")
    drawing.circle(150, 80, 5, "#000000", opacity=0.5)
    drawing.line([(0, 90), (200, 90)], "#0000ff", 4, clip=(20, 0, 60, 100))
    drawing.line([(100, 95), (200, 95)], "#0000ff", 2, dash=(6, 4))
    drawing.text(150, 20, "text < & 文字\n", "#123456", size=12, anchor="middle", bold=True)
    drawing.formula(60, 60, formula(r"\frac{1}{2} w"), "#000000", size=16, angle=30)
    drawing.formula(60, 60, formula("w"), "#000000", size=16)
    return drawing


def test_svg_is_well_formed_and_says_what_it_is():
    root = ElementTree.fromstring(sample().svg())
    assert (root.tag, root.get("viewBox")) == (SVG + "svg", "0 0 200 100")
    assert root.findtext(SVG + "title") == "a <title> & more"
    (text,) = root.iter(SVG + "text")
    assert text.text == "text < & 文字 "
    uses = [use.get("href") for use in root.iter(SVG + "use")]
    outlines = {"#" + path.attrib["id"] for path in root.iter(SVG + "path")}
    assert set(uses) == outlines
    assert len(uses) == len(outlines) + 1  # w stands there once
    (clip,) = root.iter(SVG + "clipPath")
    assert f"url(#{clip.get('id')})" in {line.get("clip-path") for line in root.iter(SVG + "polyline")}
    assert sample().svg() == sample().svg()


@pytest.mark.parametrize(("lang", "tag"), [("en", "en"), ("zh", "zh-Hans")])
def test_svg_tells_its_language(lang, tag):
    with speaking(lang):
        root = ElementTree.fromstring(Drawing(10, 10, "t").svg())
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == tag


@pytest.mark.heavy
def test_a_png_has_the_same_at_the_same_places():
    pytest.importorskip("matplotlib", reason="the extra plots draws PNG")
    picture = Image.open(io.BytesIO(sample().written("png"))).convert("RGB")
    assert picture.size == (400, 200)
    pixels = np.asarray(picture).astype(int)

    def at(x: float, y: float) -> list[int]:
        return pixels[round(2 * y), round(2 * x)].tolist()

    assert at(30, 20) == [255, 0, 0]
    assert at(100, 50) == [0, 255, 0]
    assert at(150, 80) == pytest.approx([128] * 3, abs=2)
    assert at(50, 90) == [0, 0, 255]
    assert at(10, 90) == at(150, 89) == [255, 255, 255]  # where the line is cut off
    dashes = pixels[190, 200:400].sum(axis=-1) < 600
    assert 0.4 < dashes.mean() < 0.8
    assert sample().written("png") == sample().written("png")


@pytest.mark.heavy
@pytest.mark.parametrize(
    "text", ["validation accuracy in %", "训练集（小批量）", "784-300:relu-10  sgd:momentum=0.9"]
)
def test_texts_are_no_wider_than_estimated(text):
    """In DejaVu Sans, which is wider than what most viewers use; a Chinese character is as wide as high."""
    font_manager = pytest.importorskip("matplotlib.font_manager", reason="matplotlib brings the font")
    from PIL import ImageFont

    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 100)
    wide = sum(100 if ord(c) > 0x2E80 else font.getlength(c) for c in text) / 100
    assert wide <= width_of(text, 1) <= 1.4 * wide


@pytest.mark.parametrize("text", ["784-300:relu-10", "训练集（小批量）", "mW@" * 50, "..." * 50])
def test_a_text_is_shortened_only_as_far_as_it_must_be(text):
    whole = width_of(text, 12)
    assert shortened(text, 12, whole) == text
    for room in (0.9 * whole, 0.5 * whole, 20.0):
        short = shortened(text, 12, room)
        kept = short.removesuffix("…")
        assert short != text
        assert text.startswith(kept)
        assert width_of(short, 12) <= room < width_of(text[: len(kept) + 1] + "…", 12)
