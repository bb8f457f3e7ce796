"""Inputs that are finite, and are not once they are scaled to the model's precision."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.sentences import speaking

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
BEYOND = np.where(np.arange(20).reshape(10, 2) == 7, 1e300, X)


@pytest.fixture(scope="module")
def model():
    return cr.Network.parse("2-2").fit((X, Y), epochs=1)


@pytest.mark.parametrize("ask", [lambda m: m.predict(BEYOND), lambda m: m.evaluate((BEYOND, Y))])
def test_the_sample_is_named_and_nothing_is_invented(model, ask):
    with speaking("en"), pytest.raises(cr.ChainruleError) as caught:
        ask(model)
    assert caught.value.key == "model.beyond"
    with speaking("en"):
        assert "the inputs of sample 4 are too large" in str(caught.value)


def test_of_a_file_the_line_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("u,v,w\n" + "1,2,0\n\n3,1,1\n" * 30)
    (tmp_path / "b.csv").write_text("u,v,w\n1,2,0\n\n1e300,1,1\n")
    model = cr.Network.parse("2-2").fit(cr.datasets.load(tmp_path / "a.csv"), epochs=1)
    samples, _ = cr.datasets.load_for(model.info, tmp_path / "b.csv")
    with speaking("en"), pytest.raises(cr.ChainruleError, match="the inputs of line 4 are too large"):
        model.evaluate(samples)
