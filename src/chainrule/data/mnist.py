"""MNIST and Fashion-MNIST, which come as the same four files, and other pictures in IDX files."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from chainrule.data.dataset import Dataset, Info, Samples, Scaling, holding_out
from chainrule.data.fetch import Progress, Published, Warn, fetch
from chainrule.data.idx import MAX_BYTES, map_idx, read_idx
from chainrule.data.places import folders
from chainrule.data.rows import Rows
from chainrule.data.samples import MOST_CLASSES, as_inputs, info_of_pictures
from chainrule.errors import DataError, listed
from chainrule.files import cache_folder, read_regular

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
SIZES = (47_040_016, 60_008, 7_840_016, 10_008)  # bytes, uncompressed; the same for both data sets
SIDE = 28

# The MD5s find damage; against tampering stands HTTPS. MNIST's mirrors compress differently, so theirs
# are of the uncompressed content.
MNIST_MD5 = (
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
)
FASHION_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
PUBLISHED = {
    "mnist": [
        Published(f"{name}.gz", size, md5, "content")
        for name, size, md5 in zip(FILES, SIZES, MNIST_MD5, strict=True)
    ],
    "fashion-mnist": [
        Published(f"{name}.gz", size, md5, "file")
        for name, size, md5 in zip(FILES, SIZES, FASHION_MD5, strict=True)
    ],
}
MIRRORS = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    ),
}
INK_SHARE = {"mnist": 20 / 28, "fashion-mnist": 1.0}
CLASSES = {
    "mnist": tuple(str(k) for k in range(10)),
    "fashion-mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
}


def load_mnist(
    name: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Dataset:
    """`mnist` or `fashion-mnist`: 60,000 pictures to learn from and 10,000 to test; x (n, 784) uint8.

    Files are looked for first and downloaded into the user's cache where there are none, unless the
    caller named `data_dir` or asks to stay `offline`. Raises DataError.
    Source: LeCun, Bottou, Bengio and Haffner 1998; Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747.
    """
    places = folders(name, data_dir)
    paths = next((found for place in places if (found := _four_files(place, name))), None)
    if paths is None:
        if data_dir is not None:
            raise DataError("data.not_there", name=name, files=listed(FILES), places=listed(places))
        paths = fetch(
            PUBLISHED[name],
            cache_folder() / name,
            mirrors=MIRRORS[name],
            offline=offline,
            progress=progress,
            warn=warn,
        )
    info = Info(
        name,
        classes=CLASSES[name],
        targets=("class",),
        image=(SIDE, SIDE),
        ink_share=INK_SHARE[name],
        scaling=Scaling.fixed(0.0, 1 / 255),
    )
    return Dataset(_samples(paths[0], paths[1], info), _samples(paths[2], paths[3], info))


def _four_files(place: Path, name: str) -> list[Path] | None:
    """The four files in `place` under any of their usual names; None where one is missing."""
    paths = [path for file in FILES if (path := next(_variants(place, file), None))]
    if len(paths) < len(FILES):
        return None
    if (owner := _owner(paths[1])) not in (None, name):
        raise DataError("data.other_set", name=name, place=place, owner=owner)
    return paths


def _variants(place: Path, file: str) -> Iterator[Path]:
    for stem in (file, file.replace("-idx", ".idx")):
        for path in (place / stem, place / f"{stem}.gz"):
            if path.exists() and not path.is_dir():  # of a pipe it is said what it is when it is read
                yield path


def _owner(labels: Path) -> str | None:
    """Which data set a file of training labels belongs to: both name their files alike."""
    content = read_idx(labels)
    digests = {
        hashlib.md5(read_regular(labels, MAX_BYTES), usedforsecurity=False).hexdigest(),
        hashlib.md5(
            b"\0\0\x08\x01" + len(content).to_bytes(4, "big") + content.tobytes(), usedforsecurity=False
        ).hexdigest(),
    }
    return next((name for name, files in PUBLISHED.items() if files[1].md5 in digests), None)


def _samples(images: Path, labels: Path, info: Info | None = None) -> Samples:
    """The pictures of one IDX file with the labels of another, checked against each other and `info`.

    Without `info` it is what the two files show.
    """
    stays, y = map_idx(images), read_idx(labels)
    x = read_idx(images) if stays is None else stays
    if not isinstance(x, Rows) and (x.ndim != 3 or x.dtype != np.uint8):
        raise DataError("data.idx_not_images", path=images, shape=x.shape, dtype=x.dtype)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise DataError("data.idx_not_labels", path=labels, shape=y.shape, dtype=y.dtype)
    if len(x) != len(y):
        raise DataError("data.idx_pair", images=images, count=len(x), labels=labels, found=len(y))
    rows, image = as_inputs(x)
    if info is not None and image != info.image:
        raise DataError("data.idx_size", path=images, expected=info.image, found=image)
    count = len(info.classes or ()) if info else MOST_CLASSES
    if (bad := np.flatnonzero((y < 0) | (y >= count))).size:
        i = int(bad[0])
        raise DataError("data.label_range", path=labels, row=i + 1, found=int(y[i]), top=count - 1)
    if info is None:
        classes = tuple(str(k) for k in range(int(y.max()) + 1))
        assert image is not None  # as x has three dims
        info = replace(info_of_pictures(images.name, rows, image), classes=classes, targets=("class",))
    return Samples(rows, y.astype(np.int64), info)


def load_idx(path: Path) -> Dataset:
    """Pictures in IDX files: a file of images beside its file of labels, or a folder of such pairs.

    The labels' name is that of the images with `labels` for `images` (and `idx1` for `idx3`). The files
    named `t10k` or `test` beside the training images are the test part; where there are none, it is a
    fixed fifth. Raises DataError.
    """
    images = path
    if path.is_dir():
        pictures = [p for p in path.iterdir() if is_idx_name(p) and "images" in p.name]
        training = [p for p in pictures if not re.search("t10k|test", p.name)]
        if len(training) != 1:
            raise DataError("data.idx_folder", path=path, count=len(training))
        images = training[0]
    elif "images" not in path.name:
        raise DataError("data.idx_name", path=path)
    labels = _beside(images)
    if labels is None:
        raise DataError("data.idx_no_labels", path=images)
    train = _samples(images, labels)
    for part in ("t10k", "test"):
        others = images.with_name(images.name.replace("train", part))
        if others != images and others.is_file() and (its_labels := _beside(others)):
            return Dataset(train, _samples(others, its_labels, train.info))
    return holding_out(train)


def is_idx_name(path: Path) -> bool:
    """Whether a file is named as IDX files are: `...-idx3-ubyte`, `....idx3-ubyte.gz`, `....idx`."""
    return re.search(r"([-.]idx\d-ubyte|\.idx\d?)(\.gz)?$", path.name.lower()) is not None


def _beside(images: Path) -> Path | None:
    """The file of labels that belongs to a file of images, gzipped or not."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
    return next((p for p in (images.with_name(name), images.with_name(f"{name}.gz")) if p.is_file()), None)
