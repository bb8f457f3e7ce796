"""Folders of pictures, and digits that were drawn or photographed."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from refusal import refused

from chainrule.data import Info, Scaling, load
from chainrule.data import images as images_module
from chainrule.data.images import digit_from_image, read_grey, read_inputs
from chainrule.data.places import folders
from chainrule.errors import DataError

Floats = NDArray[np.float64]


def ink(text: str = "5", shape: tuple[int, int] = (300, 240), at: tuple[int, int] = (60, 30)) -> Floats:
    """How much ink is where, 0..1: a character of about 170 pixels drawn at (x, y)."""
    image = Image.new("L", shape[::-1], 0)
    ImageDraw.Draw(image).text(at, text, fill=255, font=ImageFont.load_default(200))
    return np.asarray(image) / 255


def on_paper(ink: Floats, paper: Floats | float = 230.0, pen: float = 40.0) -> Floats:
    return paper * (1 - ink) + pen * ink


def uneven(shape: tuple[int, int]) -> Floats:
    """A page lit from one corner and darker at its rim."""
    v, u = np.meshgrid(*(np.linspace(-1, 1, side) for side in shape), indexing="ij")
    return 170 + 45 * u - 30 * v - 15 * (u * u + v * v)


@pytest.fixture
def save(tmp_path: Path):
    def save(levels: Floats, name: str = "digit.png", **options: object) -> Path:
        path = tmp_path / name
        Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8)).save(path, **options)
        return path

    return save


def centre(picture: Floats) -> Floats:
    places = np.indices(picture.shape)
    return (places * picture).sum(axis=(1, 2)) / picture.sum()


def extents(picture: Floats) -> tuple[int, int]:
    rows, columns = np.nonzero(picture > 40)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Mean absolute difference, as a share of the mean ink."""
    return float(np.abs(a.astype(float) - b).mean() / b.mean())


@pytest.mark.parametrize("text", "0123456789")
def test_digits_come_out_as_mnist_has_them(save, text: str) -> None:
    digit = digit_from_image(save(on_paper(ink(text))))
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert digit.max() >= 250
    assert max(digit[0].max(), digit[:, 0].max(), digit[:, -1].max()) == 0
    assert digit[-1].max() < (100 if text == "7" else 1)  # most of its ink is at its top
    np.testing.assert_allclose(centre(digit), 14, atol=0.1)
    assert max(extents(digit)) in (20, 21)
    drawn = extents(255 * ink(text))
    assert extents(digit)[1] == pytest.approx(20 * drawn[1] / drawn[0], abs=1.5)


@pytest.mark.parametrize("text", "0123456789")
def test_light_and_place_and_pen_do_not_matter(save, text: str) -> None:
    even = digit_from_image(save(on_paper(ink(text))))
    shape = (420, 330)
    noise = np.random.default_rng(0).normal(0, 3, shape)
    elsewhere = ink(text, shape, at=(160, 170))
    inverted = 255 - on_paper(ink(text))
    assert difference(digit_from_image(save(inverted)), even) < 0.02
    assert difference(digit_from_image(save(on_paper(elsewhere))), even) < 0.1
    assert difference(digit_from_image(save(on_paper(elsewhere, 130, 90))), even) < 0.1
    assert difference(digit_from_image(save(on_paper(elsewhere, uneven(shape)) + noise)), even) < 0.25
    chalk = on_paper(elsewhere, 0.4 * uneven(shape), 220)
    assert difference(digit_from_image(save(chalk + noise, "chalk.jpg", quality=80)), even) < 0.25


def test_specks_are_not_ink(save) -> None:
    page = ink("3")
    clean = digit_from_image(save(on_paper(page)))
    page[5:9, 5:9] = page[290:293, 200:204] = 1
    assert difference(digit_from_image(save(on_paper(page))), clean) < 0.02


def test_a_digit_of_two_strokes_keeps_both(save) -> None:
    page = np.zeros((200, 200))
    page[40:160, 60:75] = page[60:100, 120:135] = 1
    assert extents(digit_from_image(save(on_paper(page)))) == pytest.approx((20, 12.5), abs=2)


@pytest.mark.parametrize("side", [20, 60, 1500])
def test_pictures_of_any_size(save, side: int) -> None:
    image = Image.fromarray((255 * ink("8", (240, 240), (60, 10))).astype(np.uint8)).resize((side, side))
    digit = digit_from_image(save(on_paper(np.asarray(image) / 255)))
    assert max(extents(digit)) in (19, 20, 21)
    np.testing.assert_allclose(centre(digit), 14, atol=0.1)


@pytest.mark.parametrize("thickness", [1, 3, 10, 30])
def test_thin_pens_are_made_thicker(save, thickness: int) -> None:
    page = np.zeros((400, 400))
    page[50 : 50 + thickness, 50:350] = 1
    for drawn, expected in ((page, (2, 20)), (page.T, (20, 2))):
        digit = digit_from_image(save(on_paper(drawn)))
        assert extents(digit) == pytest.approx(expected, abs=1)
        assert digit.sum() / 255 == pytest.approx(2 * 20, rel=0.2)


def test_a_thick_pen_stays_as_it_is(save) -> None:
    page = np.zeros((300, 300))
    page[50:250, 100:180] = 1
    assert extents(digit_from_image(save(on_paper(page)))) == pytest.approx((20, 8), abs=1)


def test_ink_that_fills_the_picture(save) -> None:
    digit = digit_from_image(save(on_paper(ink("2"))), (8, 8), ink_share=1.0)
    assert digit.shape == (8, 8)
    assert extents(digit)[0] == 8
    np.testing.assert_allclose(centre(digit), 3.5, atol=0.3)


def test_a_picture_in_the_right_form_is_left_alone(save) -> None:
    digit = digit_from_image(save(on_paper(ink("7"))))
    np.testing.assert_array_equal(digit_from_image(save(digit.astype(float))), digit)
    shifted = np.roll(digit, 3, axis=1)
    np.testing.assert_array_equal(digit_from_image(save(shifted.astype(float))), shifted)
    again = digit_from_image(save(255.0 - digit))  # the right size, but dark on light
    assert difference(again, digit) < 0.2


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_pictures(save, level: int) -> None:
    with refused("data.picture_blank"):
        digit_from_image(save(np.full((50, 40), level)))


def test_paper_without_ink(save) -> None:
    noise = np.random.default_rng(0).normal(0, 5, (300, 200))
    with refused("data.picture_blank"):
        digit_from_image(save(uneven((300, 200)) + noise))
    with refused("data.picture_blank"):
        digit_from_image(save(np.zeros((28, 28))))
    with refused("data.picture_blank"):
        digit_from_image(save(np.full((1, 1), 9.0)))


# Reading picture files


def test_every_kind_of_png_says_the_same(save, tmp_path: Path) -> None:
    levels = np.rint(on_paper(ink()))
    expected = read_grey(save(levels))
    np.testing.assert_array_equal(expected, levels)
    grey = Image.fromarray(expected)
    kinds = {
        "RGB": grey.convert("RGB"),
        "RGBA": grey.convert("RGBA"),
        "LA": grey.convert("LA"),
        "P": grey.convert("P"),
        "16": Image.fromarray(expected.astype(np.uint16) * 257),
    }
    for name, image in kinds.items():
        image.save(tmp_path / "kind.png")
        np.testing.assert_allclose(read_grey(tmp_path / "kind.png"), expected, atol=1, err_msg=name)
    (grey.point(lambda level: 255 * (level > 128))).convert("1").save(tmp_path / "kind.png")
    np.testing.assert_array_equal(read_grey(tmp_path / "kind.png"), 255 * (expected > 128))


@pytest.mark.parametrize("colour", [0, 255])
def test_transparent_ground_contrasts_with_the_drawing(tmp_path: Path, colour: int) -> None:
    drawing = np.zeros((300, 240, 4), np.uint8)
    drawing[..., :3] = colour
    drawing[..., 3] = 255 * ink()
    Image.fromarray(drawing).save(tmp_path / "layer.png")
    levels = read_grey(tmp_path / "layer.png")
    assert abs(int(levels[0, 0]) - colour) == 255
    assert max(extents(digit_from_image(tmp_path / "layer.png"))) in (20, 21)


def test_a_photograph_is_turned_upright(tmp_path: Path, save) -> None:
    upright = on_paper(ink("7"))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera's top is the picture's right side
    path = save(np.rot90(upright), "turned.jpg", exif=exif, quality=95)
    assert read_grey(path).shape == upright.shape
    np.testing.assert_allclose(read_grey(path), upright, atol=12)


def test_other_formats_are_refused_whatever_their_name(tmp_path: Path) -> None:
    for kind in ("GIF", "BMP", "TIFF", "PPM"):
        Image.new("L", (9, 9)).save(tmp_path / "picture.png", format=kind)
        with refused("data.picture_damaged", path=tmp_path / "picture.png"):
            read_grey(tmp_path / "picture.png")


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """What a PNG file consists of, in its order."""
    found, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += 12 + size
    return found


def of_chunks(parts: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of these chunks, with right checksums."""
    written = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "I;16"])
def test_a_picture_whose_parts_do_not_fit_together_is_damaged_or_read(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray((255 * ink(shape=(30, 24), at=(6, 3))).astype(np.uint8))
    stream = io.BytesIO()
    grey.convert(mode).save(stream, "PNG")
    whole, path = chunks(stream.getvalue()), tmp_path / "picture.png"
    (_, head), *others = whole
    heads = [
        head[:at] + bytes([value]) + head[at + 1 :] for at in range(3, 13) for value in (0, 1, 2, 3, 4, 6, 16)
    ]
    variants = [[(b"IHDR", other), *others] for other in heads]
    variants += [whole[:i] + whole[i + 1 :] for i in range(len(whole))]
    variants += [[*whole[:i], whole[i], *whole[i:]] for i in range(len(whole))]
    variants += [
        [whole[0], (kind, content), *others] for kind in (b"tRNS", b"PLTE") for content in (b"", b"x")
    ]
    read = 0
    for parts in variants:
        path.write_bytes(of_chunks(parts))
        with contextlib.suppress(DataError):
            read += read_grey(path).ndim == 2
    assert 0 < read < len(variants)
    if mode == "P":
        path.write_bytes(of_chunks(part for part in whole if part[0] != b"PLTE"))
        with refused("data.picture_damaged", path=path):
            read_grey(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_truncated_and_damaged_pictures(tmp_path: Path, kind: str) -> None:
    stream = io.BytesIO()
    Image.fromarray((255 * ink()).astype(np.uint8)).save(stream, kind)
    whole, path = stream.getvalue(), tmp_path / "picture"
    for cut in (0, 1, 10, 30, len(whole) // 2):
        path.write_bytes(whole[:cut])
        with refused("data.picture_damaged", path=path):
            read_grey(path)
    rng = np.random.default_rng(0)
    for _ in range(60):  # a decoder may read on, but never fail without words
        broken = bytearray(whole)
        broken[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        path.write_bytes(broken)
        with contextlib.suppress(DataError):
            read_grey(path)


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("shape", [(24_000, 24_000), (100_000, 100_000), (1, 2**31 - 1)])
def test_decompression_bombs(tmp_path: Path, shape: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(*shape))
    with refused("data.picture_huge", path=path):
        read_grey(path)


def test_pictures_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.png", tmp_path):
        with refused("data.unreadable", path=path):
            read_grey(path)


# As inputs of a model

MNIST = Info("mnist", image=(28, 28), ink_share=20 / 28)


@pytest.mark.parametrize(
    ("scaling", "low", "high"),
    [(Scaling.fixed(0, 1 / 255), 0, 255), (Scaling.fixed(0, 1 / 16), 0, 16), (Scaling.fixed(-1, 0.5), -1, 1)],
)
def test_inputs_have_the_levels_of_the_training_set(save, scaling: Scaling, low, high) -> None:
    path = save(on_paper(ink()))
    x = read_inputs(path, MNIST, scaling)
    assert x.shape == (1, 784)
    assert (x.min(), x.max()) == pytest.approx((low, high))
    np.testing.assert_allclose(255 * scaling(x).reshape(28, 28), digit_from_image(path), atol=1e-9)


def test_a_training_picture_is_read_as_it_was_trained(save) -> None:
    train = load("digits").train
    assert train.info.scaling is not None
    for row in train.x[:20]:
        path = save(row.reshape(8, 8) / 16 * 255)
        np.testing.assert_allclose(read_inputs(path, train.info, train.info.scaling)[0], row, atol=0.04)


def test_pictures_that_are_no_ink_are_taken_as_they_are(save) -> None:
    info = Info("photos", image=(30, 20))
    picture = np.rint(uneven((30, 20)))
    x = read_inputs(save(picture), info, Scaling.fixed(0.0, 1 / 255))
    np.testing.assert_allclose(x, picture.reshape(1, -1))
    with refused("data.picture_size", found=(20, 30), expected=(30, 20)):
        read_inputs(save(picture.T), info, Scaling.fixed(0.0, 1 / 255))


def test_models_that_know_no_pictures(save) -> None:
    path = save(on_paper(ink()))
    with refused("data.no_pictures", path=path, name="iris"):
        read_inputs(path, load("iris").info, Scaling.fixed())
    with refused("data.no_pictures", name="mnist"):
        read_inputs(path, MNIST, Scaling.standardising(np.eye(2, 784)))


# Folders


def make_folder(path: Path, count: int = 3, classes: tuple[str, ...] = ("cat", "dog"), side: int = 6) -> Path:
    rng = np.random.default_rng(0)
    for k, name in enumerate(classes):
        (path / name).mkdir(parents=True)
        for i in range(count):
            levels = rng.integers(0, 256, (side, side + 1), np.uint8)
            levels[0, 0] = k
            Image.fromarray(levels).save(path / name / f"{i}.{('png', 'PNG')[i % 2]}")
    return path


def test_a_folder_by_class(tmp_path: Path) -> None:
    path = make_folder(tmp_path / "pets")
    (path / "cat" / "notes.txt").write_text("passed over")
    (path / ".hidden").mkdir()
    (path / "cat" / ".hidden.png").write_text("passed over")
    data = load(path)
    assert data.test is None
    assert (data.info.name, data.info.classes, data.info.image) == ("pets", ("cat", "dog"), (6, 7))
    assert data.info.scaling == Scaling.fixed(0.0, 1 / 255)
    assert data.train.x.shape == (6, 42)
    assert data.train.x.dtype == np.uint8
    np.testing.assert_array_equal(data.train.y, [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(data.train.x[:, 0], data.train.y)
    np.testing.assert_array_equal(data.train.x[4], read_grey(path / "dog" / "1.PNG").reshape(-1))


def test_train_and_test_folders_are_the_parts(tmp_path: Path) -> None:
    make_folder(tmp_path / "train", 4, ("a", "b", "c"))
    make_folder(tmp_path / "test", 2, ("a", "c"))
    data = load(tmp_path)
    assert data.test is not None
    assert len(data.train) == 12
    np.testing.assert_array_equal(data.test.y, [0, 0, 2, 2])
    (tmp_path / "test" / "a").rename(tmp_path / "test" / "z")
    with refused("data.folder_unknown", path=tmp_path / "test" / "z", expected="a, b, c"):
        load(tmp_path)


def test_test_pictures_have_the_size_of_the_training_pictures(tmp_path: Path) -> None:
    make_folder(tmp_path / "train")
    make_folder(tmp_path / "test", side=9)
    with refused("data.picture_size", found=(9, 10), expected=(6, 7)):
        load(tmp_path)


def test_a_larger_folder_has_a_fifth_held_out(tmp_path: Path) -> None:
    data = load(make_folder(tmp_path, 30))
    assert data.test is not None
    assert np.bincount(data.test.y).tolist() == [6, 6]


def test_folders_that_hold_no_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("data.folder_classes", path=tmp_path, found=0):
        load(tmp_path)
    make_folder(tmp_path, classes=("cat",))
    with refused("data.folder_classes", found=1):
        load(tmp_path)
    (tmp_path / "dog").mkdir()
    with refused("data.folder_empty", path=tmp_path / "dog"):
        load(tmp_path)
    Image.new("L", (5, 5)).save(tmp_path / "dog" / "0.png")
    with refused("data.picture_size", path=tmp_path / "dog" / "0.png", found=(5, 5), expected=(6, 7)):
        load(tmp_path)
    (tmp_path / "dog" / "0.png").write_bytes(b"no picture")
    with refused("data.picture_damaged", path=tmp_path / "dog" / "0.png"):
        load(tmp_path)
    monkeypatch.setattr(images_module, "MAX_BYTES", 100)
    with refused("data.too_large", limit=100, size=4 * 42):
        load(tmp_path)


# Real handwriting


@pytest.mark.heavy
@pytest.mark.long
def test_photographed_mnist_digits_are_still_recognised(tmp_path: Path, save) -> None:
    """Test digits, printed large on unevenly lit noisy paper: a classifier trained on MNIST knows them."""
    neighbors = pytest.importorskip("sklearn.neighbors", reason="scikit-learn judges")

    place = os.environ.get("CHAINRULE_DATA")
    if not any((p / "train-images-idx3-ubyte.gz").is_file() for p in folders("mnist", place)):
        pytest.skip("no MNIST files: set CHAINRULE_DATA to the folder that holds them")
    data = load("mnist", data_dir=place)
    assert data.test is not None
    model = neighbors.KNeighborsClassifier(3).fit(data.train.x[:5000] / 255, data.train.y[:5000])
    x, y = data.test.x[:100], data.test.y[:100]
    rng = np.random.default_rng(0)
    photographed = []
    for row in x:
        page = np.zeros((500, 420))
        top, left = rng.integers(0, 200), rng.integers(0, 120)
        large = Image.fromarray(row.reshape(28, 28)).resize((280, 280), Image.Resampling.BICUBIC)
        page[top : top + 280, left : left + 280] = np.clip((np.asarray(large) / 255 - 0.3) / 0.4, 0, 1)
        photo = on_paper(page, uneven(page.shape), 50) + rng.normal(0, 4, page.shape)
        photographed.append(digit_from_image(save(photo, "photo.jpg", quality=80)).reshape(-1))
    direct, indirect = model.score(x / 255, y), model.score(np.array(photographed) / 255, y)
    assert direct > 0.9
    assert indirect > direct - 0.03
