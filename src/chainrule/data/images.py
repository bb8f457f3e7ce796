"""Pictures in PNG and JPEG files: folders to learn from, and drawn or photographed digits to predict."""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chainrule.data import png
from chainrule.data.dataset import Dataset, Info, Samples, Scaling, holding_out
from chainrule.data.samples import MOST_CLASSES, info_of_pictures
from chainrule.data.strokes import distance_to_paper, drawn_wider, labelled, spread
from chainrule.errors import DataError, Sentence, listed, reason
from chainrule.files import read_regular
from chainrule.warned import unheard

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

SUFFIXES = (".png", ".jpg", ".jpeg")
MAX_FILE = 256 << 20  # bytes of a picture's file
MAX_MEMORY = 1 << 30  # bytes that one picture may take while it is read
MAX_PIXELS = 1 << 28  # of one picture, whatever they take; the largest cameras have 200 million
MAX_BYTES = 4 << 30  # of a folder's pictures in memory
BYTES: dict[object, int] = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}  # of a pixel; of any other mode 4
COEFFICIENTS = 2  # bytes of each
HEAVY = 120_000_000  # pixels above which a JPEG picture of ink is reduced while it is decoded
TILE = 1 << 20  # pixels of which grey levels are made at once
DAMAGE = (  # what decoders raise; warnings, where a program makes errors of them
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Warning),
    *(TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, AssertionError),
)
# What EXIF's orientations 2 to 8 do to a picture that lies as the camera was held.
UPRIGHT: dict[object, Callable[[Grey], Grey]] = {
    2: np.fliplr,
    3: lambda grey: np.rot90(grey, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda grey: np.rot90(grey, -1),
    7: lambda grey: np.rot90(grey, 2).T,
    8: np.rot90,
}
ORIENTATION = 0x0112  # the number of that entry in EXIF

WORKING_SIDE = 400  # pixels; larger pictures are reduced before ink is looked for
WIDEST = 2000  # pixels of the paper around the ink; what has more is made smaller
ENOUGH_PIXELS = 10_000  # to know the paper's brightness
FAINTEST = 20.0  # levels of 255 between paper and ink
STROKE = 0.1  # of a digit's longer side, about what MNIST's thinner strokes have
SPECK = 0.04  # of the largest stroke's ink; what has less is dirt
MNIST_SHARE = 20 / 28


def load_folder(path: str | os.PathLike[str]) -> Dataset:
    """The pictures in a folder with one sub-folder a class, named as the class; x (n, height * width) uint8.

    PNG and JPEG files, all of one size; colours become grey levels 0..255. Other files, and hidden ones,
    are passed over. The classes are in the order of their names. If the sub-folders are `train` and
    `test`, each with a sub-folder a class, they are the two parts; else a fixed fifth is the test part.
    Raises DataError.
    """
    path = Path(path)
    if [folder.name for folder in _subfolders(path)] == ["test", "train"]:
        train = _samples(path / "train")
        return Dataset(train, _samples(path / "test", train.info))
    return holding_out(_samples(path))


def read_inputs(path: str | os.PathLike[str], info: Info, scaling: Scaling) -> Floats:
    """A picture file as the inputs of one sample, (1, d), for a model that learned from the data set `info`.

    scaling: the model's, which tells the levels of its pictures: it brings them to 0..1. Ink is brought
    into the form that it has in the data set; of any other kind of pictures only those of the exact size
    are taken. Raises DataError.
    """
    path = Path(path)
    if info.image is None or scaling.factor.ndim:
        raise DataError("data.no_pictures", path=path, name=info.name)
    if info.ink_share is not None:
        picture = digit_from_image(path, info.image, info.ink_share)
    elif (picture := read_grey(path)).shape != info.image:
        raise _other_size(path, picture, info.image)
    with np.errstate(over="ignore"):  # what is infinite then is refused as inputs
        return picture.reshape(1, -1) / 255 / scaling.factor + scaling.shift


def digit_from_image(
    path: str | os.PathLike[str], size: tuple[int, int] = (28, 28), ink_share: float = MNIST_SHARE
) -> Grey:
    """A drawn or photographed digit as MNIST has it: bright on black, levels 0..255, (height, width).

    Dark on light or light on dark; unevenly lit paper is evened out. The ink is cropped, thickened where
    the pen was thin, scaled so that its longer side takes `ink_share` of the picture, and centred by its
    mass. A picture of the right size with dark edges is left as it is. Raises DataError, also where there
    is no ink.
    Source: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document
    recognition", section III A.
    """
    path = Path(path)
    grey = _grey(path, reduced=True)
    edges = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if grey.shape == size and np.median(edges) < FAINTEST and grey.max() > 127:
        return grey
    ink = _ink(grey)
    if ink is None:
        raise DataError("data.picture_blank", path=path)
    return np.rint(255 * _placed(ink, size, ink_share)).astype(np.uint8)


def read_grey(path: Path) -> Grey:
    """A PNG or JPEG file as grey levels 0..255, (height, width), upright.

    What is transparent shows a ground that contrasts with the rest. Raises DataError, also for a picture that
    would take more than MAX_MEMORY bytes, before it is decoded.
    """
    return _grey(path, reduced=False)


def _grey(path: Path, *, reduced: bool) -> Grey:
    """reduced: whether a very large picture may come with half the height and width."""
    try:
        content = read_regular(path, MAX_FILE)
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    try:
        # of what is not quite as it should be in it
        grey, upright = unheard(lambda: _decoded(path, content, reduced=reduced))
    except MemoryError as error:
        raise DataError("data.unreadable", path=path, reason=Sentence("system.enomem")) from error
    except DAMAGE as error:
        raise DataError("data.picture_damaged", path=path) from error
    return grey if upright is None else np.ascontiguousarray(upright(grey))


def _decoded(path: Path, content: bytes, *, reduced: bool) -> tuple[Grey, Callable[[Grey], Grey] | None]:
    """Grey levels as they are stored, and what makes them upright."""
    with closing(_opened(content)) as image:
        pixels, passes = math.prod(image.size), _coefficients(image)
        if reduced and (pixels > HEAVY or passes + _memory(image) > MAX_MEMORY):
            image.draft(image.mode, (image.width // 2, image.height // 2))
        if (size := passes + _memory(image)) > MAX_MEMORY or pixels > MAX_PIXELS:
            raise DataError("data.picture_huge", path=path, size=size, limit=MAX_MEMORY)
        if content.startswith(png.MARK) and not png.has_all_pixels(content):
            raise DataError("data.picture_damaged", path=path)
        # the second of which may ask for the pixels too
        return _levels(image), UPRIGHT.get(image.getexif().get(ORIENTATION, 1))


def _opened(content: bytes) -> ImageFile:
    """A PNG or JPEG picture of which nothing is decoded yet. By itself: `Image.open` has limits and warnings
    of its own, which belong to the whole process."""
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    return (PngImageFile if content.startswith(png.MARK) else JpegImageFile)(BytesIO(content))


def _memory(image: ImageFile) -> int:
    """The bytes that a picture takes as it is decoded, with its grey levels."""
    pixels: int = math.prod(image.size)
    return pixels * (BYTES.get(image.mode, 4) + 1)


def _coefficients(image: ImageFile) -> int:
    """The bytes that the decoder keeps beside a JPEG picture that comes in several passes."""
    if not image.info.get("progressive"):
        return 0
    across, down = zip(*((h, v) for _, h, v, _ in getattr(image, "layer", [])), strict=True)
    share: float = sum(h * v for h, v in zip(across, down, strict=True)) / (max(across) * max(down))
    return math.ceil(COEFFICIENTS * share * image.width * image.height)


def _levels(image: Image) -> Grey:
    """The grey levels of an open picture, tile by tile: beside them the picture alone takes memory."""
    levels = np.empty(image.size[::-1], np.uint8)
    if not image.mode.startswith("I") and image.has_transparency_data:
        opaque = shining = 0
        for _, tile in _tiles(image):
            grey, alpha = (np.asarray(band, np.uint16) for band in tile.convert("LA").split())
            opaque += int(alpha.sum(dtype=np.int64))
            shining += int((grey * alpha).sum(dtype=np.int64))
        dark_ground = opaque * 127.5 < shining
        for place, tile in _tiles(image):
            grey, alpha = (np.asarray(band, np.uint16) for band in tile.convert("LA").split())
            if dark_ground:
                levels[place] = (grey * alpha + 127) // 255  # the nearest whole number
            else:
                levels[place] = 255 - ((255 - grey) * alpha + 127) // 255
        return levels
    for place, tile in _tiles(image):
        # one of 16 bits has its high byte
        levels[place] = np.asarray(tile) >> 8 if image.mode.startswith("I") else np.asarray(tile.convert("L"))
    return levels


def _tiles(image: Image) -> Iterator[tuple[tuple[slice, slice], Image]]:
    """The parts of a picture, of at most TILE pixels, and where each lies in its array."""
    wide = min(image.width, TILE)
    high = max(1, TILE // wide)
    for top in range(0, image.height, high):
        for left in range(0, image.width, wide):
            bottom, right = min(top + high, image.height), min(left + wide, image.width)
            yield np.s_[top:bottom, left:right], image.crop((left, top, right, bottom))


def _ink(grey: Grey) -> Floats | None:
    """How much ink is where, 0..1, cropped to the ink; None where there is none."""
    from PIL import Image

    reduction = math.ceil(max(grey.shape) / WORKING_SIDE)
    levels = np.asarray(Image.fromarray(grey).reduce(reduction), np.float64)
    paper = _paper(levels)
    contrast = levels - paper
    if np.square(contrast.clip(max=0)).sum() > np.square(contrast.clip(min=0)).sum():
        # Dark ink swallows a share of the light that falls there; as if as much fell everywhere:
        contrast *= -paper.max() / paper.clip(min=paper.max() / 8)
    contrast = contrast.clip(min=0)
    if contrast.max() < FAINTEST:
        return None
    threshold = _otsu(contrast)
    strokes, _ = labelled(contrast > threshold)
    masses = np.bincount(strokes.ravel(), contrast.ravel())[1:]
    kept = np.isin(strokes, 1 + np.flatnonzero(masses >= SPECK * masses.max()))
    full = float(np.median(contrast[kept]))
    if full < FAINTEST:  # the brightest of noise
        return None
    # Below half the threshold lies noise; beyond the strokes' soft edges, dirt.
    near = spread(kept, math.ceil(max(kept.shape) / 100))
    ink: Floats = near * ((contrast - threshold / 2) / (full - threshold / 2)).clip(0, 1)
    rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    whole = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _thickened(ink[whole], kept[whole])


def _thickened(ink: Floats, strokes: NDArray[np.bool_]) -> Floats:
    """Ink whose strokes are at least as thick as a felt pen's: a ballpoint's would pale when made small."""
    distance = distance_to_paper(strokes)
    thickness = 4 * distance[distance > 0].mean() - 2  # a long bar w pixels thick has the mean w / 4 + 1 / 2
    radius = round((STROKE * max(strokes.shape) - thickness) / 2)
    return drawn_wider(ink, radius) if radius >= 1 else ink


def _paper(levels: Floats) -> Floats:
    """The brightness of the paper: a quadratic surface through the pixels, fitted again and again without
    those far from it, which are ink."""
    v, u = np.meshgrid(*(np.linspace(-1, 1, side) for side in levels.shape), indexing="ij")
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1).reshape(-1, 6)
    some = slice(None, None, math.ceil(levels.size / ENOUGH_PIXELS))
    at, target = terms[some], levels.reshape(-1)[some]
    near = np.ones(target.size, bool)
    for _ in range(12):
        weights = np.linalg.lstsq(at[near], target[near], rcond=None)[0]
        distance = np.abs(target - at @ weights)
        deviation = 1.4826 * np.median(distance)  # of a normal distribution, whatever the ink
        near = distance <= max(2.5 * deviation, 2.0)
    paper: Floats = (terms @ weights).reshape(levels.shape)
    return paper


def _otsu(values: Floats) -> float:
    """The threshold that parts values into two groups with means furthest apart.

    Source: Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    counts, edges = np.histogram(values, 256)
    middles = (edges[1:] + edges[:-1]) / 2
    low, total = np.cumsum(counts)[:-1], counts.sum()
    low_sum, sum_ = np.cumsum(counts * middles)[:-1], counts @ middles
    between = np.square(low_sum * total - low * sum_) / (low * (total - low))
    return float(middles[np.argmax(between)])


def _placed(ink: Floats, size: tuple[int, int], ink_share: float) -> Floats:
    """Ink in a picture of that size, 0..1: its longer side takes `ink_share` of it, its centre of mass is in
    the middle as far as no ink is cut off, and its darkest strokes are at 1."""
    from PIL import Image

    extent = max(min(size) * ink_share, 1)  # of the ink in the picture, in pixels
    shrink = max(ink.shape) / extent  # pixels of the ink to one of the picture
    if (much := max(size) * shrink / WIDEST) > 1:  # around little ink there is much paper
        small = [max(1, round(side / much)) for side in ink.shape]
        reduced = Image.fromarray(ink.astype(np.float32)).resize(small[::-1], Image.Resampling.BOX)
        ink = np.asarray(reduced, np.float64)
        shrink = max(ink.shape) / extent
    # MNIST's middle of 28 pixels is the one of index 14; ink without a margin has the middle of the picture.
    shift = 0.5 if ink_share < 1 else 0.0
    windows, starts = [], []
    for side, inked, mass in zip(size, ink.shape, _centre_of_mass(ink), strict=True):
        window = side * shrink
        windows.append(window)
        starts.append(min(max(mass - window / 2 - shift * shrink, inked - window), 0.0))
    margins = [math.ceil(window) for window in windows]
    top, left = (margin + start for margin, start in zip(margins, starts, strict=True))
    padded = np.pad(ink, [(margin, margin) for margin in margins])
    placed = Image.fromarray(padded.astype(np.float32)).resize(
        size[::-1], Image.Resampling.BICUBIC, box=(left, top, left + windows[1], top + windows[0])
    )
    picture = np.asarray(placed, np.float64).clip(min=0)
    dark = float(np.quantile(picture[picture > 0.1 * picture.max()], 0.9))
    return np.minimum(picture / dark, 1.0)


def _centre_of_mass(ink: Floats) -> tuple[float, float]:
    """In rows and columns from the picture's edge."""
    rows, columns = ink.sum(axis=1), ink.sum(axis=0)
    return (
        float(rows @ np.arange(rows.size) / rows.sum()) + 0.5,
        float(columns @ np.arange(columns.size) / columns.sum()) + 0.5,
    )


def _samples(path: Path, info: Info | None = None) -> Samples:
    """The pictures in the sub-folders of `path`, which are those of `info` where it is given."""
    folders = _subfolders(path)
    if info is None and not 2 <= len(folders) <= MOST_CLASSES:
        raise DataError("data.folder_classes", path=path, found=len(folders), limit=MOST_CLASSES)
    classes = info.classes if info and info.classes else tuple(folder.name for folder in folders)
    files: list[Path] = []
    y: list[int] = []
    for folder in folders:
        if folder.name not in classes:
            raise DataError("data.folder_unknown", path=folder, expected=listed(classes))
        pictures = [file for file in _entries(folder) if file.suffix.lower() in SUFFIXES]
        if not pictures:
            raise DataError("data.folder_empty", path=folder)
        files += pictures
        y += [classes.index(folder.name)] * len(pictures)
    x, image = _rows(files, info.image if info else None)
    if info is None:
        info = replace(info_of_pictures(path.name, x, image), classes=classes, targets=("class",))
    return Samples(x, np.array(y, np.int64), info)


def _rows(files: list[Path], image: tuple[int, int] | None) -> tuple[Grey, tuple[int, int]]:
    """The pictures in `files`, (n, height * width), and their height and width."""
    first = read_grey(files[0])
    height, width = image or first.shape
    if (needed := len(files) * height * width) > MAX_BYTES:
        raise DataError("data.too_large", path=files[0].parent, size=needed, limit=MAX_BYTES)
    x = np.empty((len(files), height, width), np.uint8)
    for i, file in enumerate(files):
        picture = read_grey(file) if i else first
        if picture.shape != (height, width):
            raise _other_size(file, picture, (height, width))
        x[i] = picture
    return x.reshape(len(files), -1), (height, width)


def _other_size(path: Path, picture: Grey, expected: tuple[int, int]) -> DataError:
    return DataError("data.picture_size", path=path, found=picture.shape, expected=expected)


def _subfolders(path: Path) -> list[Path]:
    return [entry for entry in _entries(path) if entry.is_dir()]


def _entries(path: Path) -> list[Path]:
    """What is in a folder, in the order of the names, without hidden entries."""
    try:
        return sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
