"""Runs emitted files, each by itself, on given arrays: `python -I -W error emitted_driver.py FOLDER`.

FOLDER holds NAME.py and NAME.npz (x, y and parameters); NAME.out.npz is written: J, outputs, gradients,
the parameters and the optimizer's state after three steps of 0.1, and the initial parameters; running
averages are taken for parameters.
"""

import runpy
import sys
from pathlib import Path

import numpy as np

for file in sorted(Path(sys.argv[1]).glob("*.py")):
    emitted = runpy.run_path(str(file), run_name="emitted")
    with np.load(file.with_suffix(".npz")) as given:
        arrays = dict(given)
    x, y = arrays.pop("x"), arrays.pop("y")
    averages = {name: arrays.pop(name) for name in [*arrays] if name.startswith(("mean_", "variance_"))}
    output = emitted["infer"](x, **arrays, **averages) if averages else emitted["forward"](x, **arrays)[-1]
    results = {"J": emitted["loss"](x, y, **arrays), "output": output}
    results |= {f"d{name}": g for name, g in emitted["gradients"](x, y, **arrays).items()}
    initial = emitted["initial_parameters"]() | (emitted["initial_averages"]() if averages else {})
    results |= {f"initial {name}": w for name, w in initial.items()}
    state = [emitted["initial_state"](arrays)] if "initial_state" in emitted else []
    counted = "t" in emitted["step"].__code__.co_varnames
    for t in range(1, 4):
        emitted["step"](
            arrays, *([averages] if averages else []), *state, x, y, lr=0.1, **({"t": t} if counted else {})
        )
    kept = {f"{kind}_{name}": array for each in state for kind in each for name, array in each[kind].items()}
    results |= {f"stepped {name}": array for name, array in (arrays | averages | kept).items()}
    np.savez(file.with_suffix(".out.npz"), **results)

others = {name.partition(".")[0] for name in sys.modules} & {"chainrule", "scipy", "autograd", "sklearn"}
sys.exit(f"imported besides NumPy: {others}" if others else 0)
