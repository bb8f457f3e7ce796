"""Inputs that are finite, and are not once they are scaled to the model's precision."""

import numpy as np
import pytest

import chainrule as cr


def test_the_row_is_named_and_nothing_is_invented():
    x = np.arange(20.0).reshape(10, 2)
    model = cr.Network.parse("2-2").fit((x, np.arange(10) % 2), epochs=1)
    with pytest.raises(cr.ChainruleError) as caught:
        model.predict([[1.0, 2.0], [1e300, 2.0]])
    assert caught.value.key == "model.beyond"
    assert "x[1]" in str(caught.value)
