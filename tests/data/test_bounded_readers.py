"""What is too large, too deep or no file at all is refused at once, whichever reader it is given to."""

from __future__ import annotations

import os
import socket
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from refusal import refused

from chainrule.data import images, load, tables
from chainrule.data.images import read_grey
from chainrule.data.samples import MOST_CLASSES
from chainrule.data.tables import NUMBER, checked_header, csv_parts, load_table
from chainrule.errors import DataError, listed

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def listening(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)  # the path of a socket is short
        server.bind(path.name)
    return path


def device(path: Path) -> Path:
    path.symlink_to("/dev/zero")
    return path


@needs_pipes
@pytest.mark.parametrize("make", [pipe, listening, device])
@pytest.mark.parametrize(
    "name", ["a.csv", "a.npz", "a.npy", "a-images-idx3-ubyte", "a-images-idx3-ubyte.gz", "a.png"]
)
def test_what_is_no_regular_file_is_never_waited_for(tmp_path: Path, monkeypatch, make, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / name)
    with pytest.raises(DataError):
        load(tmp_path / name)
    if name.endswith("png"):
        with pytest.raises(DataError):
            read_grey(tmp_path / name)


@needs_pipes
@pytest.mark.parametrize("name", ["2.png", "2.jpg"])
def test_a_pipe_among_pictures(tmp_path: Path, name: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.new("L", (3, 3)).save(tmp_path / folder / "1.png")
    pipe(tmp_path / "b" / name)
    with refused("data.unreadable", path=tmp_path / "b" / name, because=NOT_REGULAR):
        load(tmp_path)


NOT_REGULAR = "it is a pipe, not a regular file"


@needs_pipes
@pytest.mark.parametrize("name", ["x.npy", "y.npy", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_a_pipe_among_arrays(tmp_path: Path, name: str) -> None:
    pipe(tmp_path / name)
    if name.endswith("npy"):
        with refused("data.unreadable", path=tmp_path / name, because=NOT_REGULAR):
            load(tmp_path)
    else:
        with pytest.raises(DataError):
            load(tmp_path)


# Tables


def test_a_header_is_looked_at_name_by_name_once() -> None:
    class Name(str):
        compared = 0
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            Name.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    names = [Name(f"gene {k}") for k in range(20_000)]
    assert len(checked_header(Path("t.csv"), names)) == len(names)
    assert Name.compared < 3 * len(names)


def test_a_wide_table_is_read(tmp_path: Path) -> None:
    names = [f"g{k}" for k in range(30_000)]
    rows = [",".join(["0.5"] * (len(names) - 1) + ["ab"[k % 2]]) for k in range(3)]
    (tmp_path / "t.csv").write_text("\n".join([",".join(names), *rows]), encoding="utf-8")
    assert load(tmp_path / "t.csv").train.x.shape == (3, 29_999)


def test_a_message_lists_few_columns(tmp_path: Path) -> None:
    names = [f"g{k}" for k in range(1000)]
    (tmp_path / "t.csv").write_text(",".join(names) + "\n" + ",".join("1" * 1000), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(tmp_path / "t.csv", target="no such column")
    assert len(str(caught.value)) < 500
    assert str(caught.value.fields["columns"]) == str(listed(names))


def test_lines_and_columns_that_no_table_has(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "t.csv"
    monkeypatch.setattr(tables, "LONGEST_LINE", 1000)
    path.write_text("a,b\n1,x\n1," + "y" * 1000, encoding="utf-8")
    with refused("data.long_line", path=path, line=3):
        load_table(path)
    monkeypatch.setattr(tables, "MOST_COLUMNS", 3)
    path.write_text("a,b,c,d\n1,2,3,4\n", encoding="utf-8")
    with refused("data.long_line", path=path, line=1):
        load_table(path)
    with refused("data.many_columns", found=4, most=3):
        checked_header(path, list("abcd"))


def test_a_cell_of_a_hundred_thousand_digits_and_a_letter_is_a_text() -> None:
    """To look for a number in it takes steps in proportion to its length."""
    assert NUMBER.fullmatch("1" * 100_000 + "x") is None
    assert NUMBER.fullmatch("1" * 100_000 + "." + "2" * 1000 + "e5")


@pytest.mark.parametrize("ending", ["\n", ""])
def test_one_cell_without_an_end(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1," + "y" * 200_000 + ending, encoding="utf-8")
    with refused("data.csv_syntax", path=path, line=2):
        load_table(path)


def test_numbers_that_are_no_classes_are_not_cast(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{k},{k}e300\n" for k in range(30)), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_table(path).train.info.classes is None
        assert len([*csv_parts(path)]) == 1


def test_a_label_file_names_few_classes() -> None:
    assert len(str(listed([str(k) for k in range(MOST_CLASSES)]))) < 200


# Pictures


def test_the_limit_of_a_picture_is_one_of_memory(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (100, 50)).save(path)
    monkeypatch.setattr(images, "MAX_MEMORY", 100 * 50 * 5)
    read_grey(path)
    monkeypatch.setattr(images, "MAX_MEMORY", 100 * 50 * 5 - 1)
    with refused("data.picture_huge", path=path, size=100 * 50 * 5):
        read_grey(path)
    Image.new("L", (100, 50)).save(path)
    read_grey(path)
    monkeypatch.setattr(images, "MAX_FILE", 10)
    with refused("data.unreadable", because="it has more than 10 bytes, the most that is read"):
        read_grey(path)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_transparency_is_computed_as_with_real_numbers(tmp_path: Path, monkeypatch, mode: str) -> None:
    """Every pair of level and opacity, in tiles that do not fit the picture."""
    monkeypatch.setattr(images, "TILE", 1000)
    level, opacity = np.meshgrid(np.arange(256), np.arange(256))
    for ground, bright in ((0.0, 255), (255.0, 0)):
        extra = np.full((300, 256), bright)
        grey, alpha = np.vstack([level, extra]), np.vstack([opacity, np.full((300, 256), 255)])
        pair = Image.fromarray(np.stack([grey, alpha], axis=-1).astype(np.uint8), "LA")
        if mode == "P":  # one opacity for each of the palette's colours
            grey, alpha = np.tile(np.arange(256), (9, 1)), np.tile(np.arange(256), (9, 1))
            pair = Image.fromarray(grey.astype(np.uint8)).convert("P")
            pair.save(tmp_path / "a.png", transparency=bytes(range(256)))
            ground = 0.0
        else:
            pair.convert(mode).save(tmp_path / "a.png")
        expected = np.rint(ground + (grey - ground) * alpha / 255)
        np.testing.assert_array_equal(read_grey(tmp_path / "a.png"), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_upright_in_each_of_the_orientations(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    levels = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(levels).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_grey(tmp_path / "a.png"), expected)


def test_large_photographs_are_reduced_while_they_are_decoded(tmp_path: Path, monkeypatch) -> None:
    page = np.full((400, 300), 230, np.uint8)
    page[100:300, 140:160] = 30
    path = tmp_path / "a.jpg"
    Image.fromarray(page).convert("RGB").save(path, quality=95)
    whole = images.digit_from_image(path)
    assert read_grey(path).shape == (400, 300)
    monkeypatch.setattr(images, "HEAVY", 100_000)
    half = images.digit_from_image(path)
    assert np.abs(whole.astype(int) - half).mean() < 8
    assert images._grey(path, reduced=True).shape == (200, 150)
    assert read_grey(path).shape == (400, 300)  # a picture to learn from keeps its size


@pytest.mark.parametrize(
    ("size", "share"),
    [((1, 64), 1.0), ((64, 1), 0.7), ((28, 28), 1e-6), ((1, 100_000), 0.5), ((1000, 1000), 1e-3)],
)
def test_the_paper_around_ink_is_bounded(tmp_path: Path, monkeypatch, size, share: float) -> None:
    page = np.full((300, 300), 230, np.uint8)
    page[100:200, 140:160] = 30
    Image.fromarray(page).save(tmp_path / "a.png")
    asked: list[int] = []
    pad = np.pad

    def counted(array, widths, *rest, **more):
        result = pad(array, widths, *rest, **more)
        asked.append(result.size)
        return result

    monkeypatch.setattr(images.np, "pad", counted)
    picture = images.digit_from_image(tmp_path / "a.png", size, share)
    assert picture.shape == size
    assert max(asked) <= 20_000_000


def test_a_palette_that_is_not_there(tmp_path: Path) -> None:
    levels = Image.fromarray(np.zeros((20, 24), np.uint8)).convert("P")
    levels.save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    start = content.index(b"PLTE") - 4
    length = int.from_bytes(content[start : start + 4], "big") + 12
    (tmp_path / "a.png").write_bytes(content[:start] + content[start + length :])
    with refused("data.picture_damaged", path=tmp_path / "a.png"):
        read_grey(tmp_path / "a.png")
