"""Where the files of a data set are looked for."""

from __future__ import annotations

import os
from pathlib import Path

from chainrule.files import cache_folder

VARIABLE = "CHAINRULE_DATA"


def folders(name: str, data_dir: str | os.PathLike[str] | None = None) -> list[Path]:
    """Where the files of data set `name` may be, in the order in which to look.

    A folder that the caller names is the only one; else the environment's, then the user's cache. Each
    may hold the files itself or have a subfolder named after the data set.
    """
    if data_dir is not None:
        bases = [Path(os.path.expanduser(data_dir))]
    else:
        named = os.environ.get(VARIABLE)
        bases = [*([Path(os.path.expanduser(named))] if named else []), cache_folder()]
    return [place for base in bases for place in (base / name, base)]
