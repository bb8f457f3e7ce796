"""Pictures in PNG and JPEG files: folders to learn from, and drawn or photographed digits to predict."""

from __future__ import annotations

import math
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Dataset, Info, Samples, Scaling, holding_out
from chainrule.data.samples import MOST_CLASSES, info_of_pictures
from chainrule.data.strokes import distance_to_paper, drawn_wider, labelled, spread
from chainrule.errors import DataError, reason
from chainrule.warned import unheard

if TYPE_CHECKING:
    from PIL.Image import Image

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

SUFFIXES = (".png", ".jpg", ".jpeg")
MAX_PIXELS = 120_000_000  # of one picture; few cameras go beyond
MAX_BYTES = 4 << 30  # of a folder's pictures in memory
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)  # what decoders raise

WORKING_SIDE = 400  # pixels; larger pictures are reduced before ink is looked for
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
    grey = read_grey(path)
    edges = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if grey.shape == size and np.median(edges) < FAINTEST and grey.max() > 127:
        return grey
    ink = _ink(grey)
    if ink is None:
        raise DataError("data.picture_blank", path=path)
    return np.rint(255 * _placed(ink, size, ink_share)).astype(np.uint8)


def read_grey(path: Path) -> Grey:
    """A PNG or JPEG file as grey levels 0..255, (height, width), upright.

    What is transparent shows a ground that contrasts with the rest. Raises DataError.
    """
    from PIL import Image, ImageOps

    try:
        # of its size, for which the limit below is ours, and of what is not quite as it should be in it
        with unheard(), Image.open(path, formats=("PNG", "JPEG")) as image:
            if math.prod(image.size) > MAX_PIXELS:
                raise DataError("data.picture_huge", path=path, limit=MAX_PIXELS)
            return _levels(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise DataError("data.picture_huge", path=path, limit=MAX_PIXELS) from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise DataError("data.unreadable", path=path, reason=reason(error)) from error
        raise DataError("data.picture_damaged", path=path) from error


def _levels(image: Image) -> Grey:
    """The grey levels of an open picture."""
    if image.mode.startswith("I"):  # 16 bits
        return (np.asarray(image, np.int64) >> 8).astype(np.uint8)
    if not image.has_transparency_data:
        return np.asarray(image.convert("L"))
    grey, alpha = (np.asarray(band, np.float64) for band in image.convert("LA").split())
    ground = 0.0 if alpha.sum() * 127.5 < (grey * alpha).sum() else 255.0
    return np.rint(ground + (grey - ground) * alpha / 255).astype(np.uint8)


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

    shrink = max(ink.shape) / (min(size) * ink_share)  # pixels of the ink to one of the picture
    # MNIST's middle of 28 pixels is the one of index 14; ink without a margin has the middle of the picture.
    shift = 0.5 if ink_share < 1 else 0.0
    windows, starts = [], []
    for side, extent, mass in zip(size, ink.shape, _centre_of_mass(ink), strict=True):
        window = side * shrink
        windows.append(window)
        starts.append(min(max(mass - window / 2 - shift * shrink, extent - window), 0.0))
    margin = math.ceil(max(windows))
    top, left = (margin + start for start in starts)
    placed = Image.fromarray(np.pad(ink, margin).astype(np.float32)).resize(
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
            raise DataError("data.folder_unknown", path=folder, expected=", ".join(classes))
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
