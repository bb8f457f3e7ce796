"""The masks of dropout: the hash as it is written down, its statistics, and the same bits in both engines."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from chainrule.engines.feed import Feed
from chainrule.engines.masks import first_masks, mask_keys, masks_of
from chainrule.engines.native.engine import NativeEngine
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from network_table import covering, parameters, title

pytestmark = pytest.mark.usefixtures("own_cache")

SAMPLES = 23
MANY = 4096


def wide(share: float) -> NetworkDefinition:
    return NetworkDefinition(5, (Dense(256, "relu", dropout=share), Dense(2)), input_dropout=share)


def hash_by_hand(place: int, first: int, second: int) -> int:
    x = (place + first) % 2**32
    x = (x ^ (x >> 16)) * 0x21F0AAAD % 2**32
    x = (x + second) % 2**32
    x = (x ^ (x >> 15)) * 0xD35A2D97 % 2**32
    return x ^ (x >> 15)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_a_place_is_kept_where_its_hash_is_small(share: float) -> None:
    program = build(wide(share))
    keys = np.random.default_rng(1).integers(2**32, size=(2, 2), dtype=np.uint32)
    masks = masks_of(program, 3, keys)
    for (name, units), (first, second) in zip((("m0", 5), ("m1", 256)), keys.tolist(), strict=True):
        hashes = [hash_by_hand(place, first, second) for place in range(3 * units)]
        kept = np.array(hashes).reshape(3, units) < (1 - share) * 2**32
        np.testing.assert_array_equal(masks[name], kept / program.masks[name].keep)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_a_mask_has_the_mean_1_and_two_values(share: float, dtype: str) -> None:
    mask = masks_of(build(wide(share)), MANY, mask_keys(build(wide(share)), 0, 0, 1)[0], dtype)["m1"]
    assert mask.dtype == dtype
    assert mask.shape == (MANY, 256)
    np.testing.assert_allclose(
        np.unique(mask), [0, 1 / (1 - share)], rtol=1e-6 if dtype == "float32" else 1e-14
    )
    spread = np.sqrt(share / (1 - share))
    assert abs(mask.mean(dtype=float) - 1) < 4 * spread / np.sqrt(mask.size)
    for axis in (0, 1):  # and so for every sample and every unit
        means = mask.mean(axis=axis, dtype=float)
        assert means.std() == pytest.approx(spread / np.sqrt(mask.shape[axis]), rel=0.2)


def test_what_is_dropped_tells_nothing_of_what_else_is() -> None:
    """Of neighbours in all directions, of other steps, layers, epochs and seeds."""
    program = build(wide(0.5))
    mask = first_masks(program, MANY, 0)["m1"] - 1
    keys = mask_keys(program, 0, 0, 6)
    others = [masks_of(program, MANY, each)["m1"] - 1 for each in keys[1:]]
    others += [masks_of(program, MANY, mask_keys(program, *at, 1)[0])["m1"] - 1 for at in ((0, 1), (1, 0))]
    pairs = [(mask, other) for other in others]
    pairs += [(mask[:-rows], mask[rows:]) for rows in (1, 2, 3, 8, 64)]
    pairs += [(mask[:, :-units], mask[:, units:]) for units in (1, 2, 3, 4, 8, 16, 64, 128)]
    for one, other in pairs:
        assert abs((one * other).mean()) < 5 / np.sqrt(one.size)
    a, b, c = mask[:, 0::3][:, :85], mask[:, 1::3][:, :85], mask[:, 2::3]
    assert abs((a * b * c[:, :85]).mean()) < 5 / np.sqrt(a.size)


def test_keys_do_not_depend_on_how_many_steps_an_epoch_has() -> None:
    program = build(wide(0.5))
    np.testing.assert_array_equal(mask_keys(program, 3, 4, 9)[:5], mask_keys(program, 3, 4, 5))
    drawn = [mask_keys(program, *at, 5) for at in itertools.product((0, 1), (0, 1))]
    assert len({each.tobytes() for each in drawn}) == 4
    assert mask_keys(build(NetworkDefinition(2, (Dense(2),))), 0, 0, 7).shape == (7, 0, 2)


def feed(net: NetworkDefinition, dtype: str) -> Feed:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((SAMPLES, net.inputs)).astype(dtype)
    y = rng.random((SAMPLES, net.outputs)).astype(dtype)
    ones = np.ones(net.inputs, dtype)
    return Feed(x, ones * 0, ones, y, None, 5)


def trained(engine: NumpyEngine, given: Feed, threads: int = 1) -> tuple[list[float], dict[str, np.ndarray]]:
    """J of each step of two epochs, the last batch of each being smaller, and the parameters at the end."""
    looks = []
    for epoch in range(2):
        order = np.random.default_rng(epoch).permutation(SAMPLES)
        keys = mask_keys(engine.program, 7, epoch, len(given))
        for first, count in ((0, 2), (2, len(given) - 2)):
            drawn = keys[first : first + count]
            rates = np.full((count, 1), 0.05)
            looks += engine.steps(given, order, first, rates, 1, threads, drawn)
    return looks, engine.parameters


NETS = [net.with_dropout(0.4, 0.25) for net in covering()[2::80]]
NETS.append(NetworkDefinition(37, (Dense(19, "tanh", dropout=0.9), Dense(3))))


@pytest.mark.parametrize("net", NETS, ids=title)
@pytest.mark.parametrize("threads", [1, 2])
def test_the_native_engine_drops_the_same_places(net: NetworkDefinition, threads: int) -> None:
    program = build(net, targets_sum_to_one=False)
    looks, expected = trained(NumpyEngine(program, parameters(net)), feed(net, "float64"))
    for dtype, tolerance in (("float64", 1e-11), ("float32", 2e-4)):
        engine = NativeEngine(program, parameters(net), np.dtype(dtype))
        engine.parts = threads
        own = trained(engine, feed(net, dtype), threads)
        np.testing.assert_allclose(own[0], looks, rtol=tolerance, atol=tolerance)
        for name, w in expected.items():
            assert np.abs(own[1][name] - w).max() <= tolerance * (np.abs(w).max() or 1), name


@pytest.mark.parametrize("kind", [NumpyEngine, NativeEngine])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_mask_of_every_width_bit_for_bit(kind: type[NumpyEngine], dtype: str) -> None:
    """One sample whose hidden units all give 1: the gradient of the output's weights is the mask."""
    for units in (1, 3, 8, 21, 64):
        net = NetworkDefinition(1, (Dense(units, "identity", dropout=0.3), Dense(1)), "half_squared_error")
        program = build(net, targets_sum_to_one=False)
        start = {
            "W1": np.zeros((units, 1)),
            "b1": np.ones(units),
            "W2": np.zeros((1, units)),
            "b2": np.zeros(1),
        }
        ones = np.ones((1, 1), dtype)
        given = Feed(ones, ones[0] * 0, ones[0], ones, None, 1)  # with the output 0, delta is -1
        for step in range(4):
            keys = mask_keys(program, step, 0, 1)
            engine = kind(program, start, np.dtype(dtype))
            engine.steps(given, np.zeros(1, np.int64), 0, np.ones((1, 1)), 1, 1, keys)
            mask = masks_of(program, 1, keys[0], dtype)["m1"]
            np.testing.assert_array_equal(engine.parameters["W2"], mask)
