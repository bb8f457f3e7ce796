"""Networks in TOML files: what may stand in them, what may not, and the way back."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.errors import DefinitionError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.reading import MOST_BYTES, read_network, read_toml, write_toml
from chainrule.sentences import speaking
from in_both_languages import said

SMALLEST = """
sizes = [2, 3, 2]
activations = ["sigmoid", "softmax"]   # one per layer, a name or a formula
loss = "cross_entropy"

[penalties]
l2 = 0.01
"""


@pytest.fixture
def toml(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "net.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_the_smallest_file(toml):
    net = read_network(str(toml(SMALLEST))).net
    assert net == NetworkDefinition(
        2, (Dense(3, "sigmoid"), Dense(2, "softmax")), "cross_entropy", {"l2": 0.01}
    )


def test_sizes_alone_leave_the_rest_open(toml):
    assert read_toml(toml("sizes = [4, 5, 3]")) == NetworkDefinition(4, (Dense(5), Dense(3)))


def test_settings_of_the_network_and_of_single_layers(toml):
    text = """
sizes = [3, 3, 3, 1]
activations = ["x * sigmoid(1.702 * x)", "relu", "identity"]
initializer = "he"
bias_initializer = "constant:value=0.1"
dtype = "float64"
seed = 42
penalties.l1 = 1
layers = [{ name = "first layer" }, { shared = 1 }, { initializer = "normal:std=0.5" }]
"""
    assert read_toml(toml(text)) == NetworkDefinition(
        3,
        (
            Dense(3, "x * sigmoid(1.702 * x)", name="first layer"),
            Dense(3, "relu", shared=1),
            Dense(1, "identity", initializer="normal:std=0.5"),
        ),
        penalties={"l1": 1},
        initializer="he",
        bias_initializer="constant:value=0.1",
        dtype="float64",
        seed=42,
    )


def test_the_form_with_a_table_for_each_layer(toml):
    text = 'inputs = 2\n[[layers]]\nunits = 3\nactivation = "tanh"\n[[layers]]\nunits = 1\n'
    assert read_toml(toml(text)) == NetworkDefinition(2, (Dense(3, "tanh"), Dense(1)))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("sizes = [2]", {"network.bad_sizes"}),
        ("sizes = 3", {"network.bad_sizes"}),
        ('activations = ["relu"]', {"network.no_sizes"}),
        ("sizes = [2, 3]\ninputs = 2", {"network.said_twice"}),
        ("sizes = [2, 3]\n[[layers]]\nunits = 4", {"network.said_twice"}),
        (
            'sizes = [2, 3]\nactivations = ["relu"]\n[[layers]]\nactivation = "tanh"',
            {"network.said_twice"},
        ),
        ('sizes = [2, 3]\nactivations = ["relu", "tanh"]', {"network.one_per_layer"}),
        ('sizes = [2, 3]\nactivations = "relu"', {"network.bad_activations"}),
        ("sizes = [2, 3, 1]\nlayers = [{}]", {"network.one_per_layer"}),
        ("sizes = [2, 3]\nlayers = [7]", {"network.bad_layer"}),
        ("\n".join(f"k{n} = 1" for n in range(1001)), {"network.name_count"}),
        (
            "sizes = [2, 3]\n[penalties]\n" + "\n".join(f"k{n} = 1" for n in range(1001)),
            {"network.name_count"},
        ),
        ("sizes = [" + "2, " * 3001 + "2]", {"network.layer_count"}),
        ("layers = 7", {"network.bad_layers", "network.missing"}),
        ("sizes = [2, 3]\nlayers = 7", {"network.bad_layers"}),
        ("", {"network.no_sizes"}),
        ('inputs = 2\n[[layers]]\nactivation = "relu"', {"network.missing"}),
        ("inputs = 2", {"network.layer_count"}),
        ('sizes = [2, "3"]', {"network.bad_whole"}),
        ("sizes = [2, 3.0]", {"network.bad_whole"}),
        ("sizes = [2, true]", {"network.bad_whole"}),
        ("sizes = [2, 99999999999999999999999]", {"network.bad_whole"}),
        ("sizes = [1000000, 1000000]", {"network.too_large"}),
        ("sizes = [2, 3]\nactivations = [1]", {"network.at"}),
        ('sizes = [2, 3]\nactivations = ["reluu"]', {"network.at"}),
        ("sizes = [2, 3]\nloss = []", {"network.at"}),
        ('sizes = [2, 3]\nloss = "l"', {"network.at"}),
        ("sizes = [2, 3]\nseed = 1979-05-27", {"network.bad_whole"}),
        ("sizes = [2, 3]\nseed = -1", {"network.bad_whole"}),
        ('sizes = [2, 3]\ndtype = "int8"', {"network.bad_dtype"}),
        ("sizes = [2, 3]\ndtype = [1]", {"network.bad_dtype"}),
        ("sizes = [2, 3]\npenalties = 3", {"network.penalties_not_table"}),
        ("sizes = [2, 3]\npenalties.l2 = nan", {"network.bad_coefficient"}),
        ("sizes = [2, 3]\npenalties.l2 = inf", {"network.bad_coefficient"}),
        ("sizes = [2, 3]\npenalties.l2 = true", {"network.bad_coefficient"}),
        ("sizes = [2, 3]\npenalties.l2 = 1" + "0" * 400, {"network.bad_coefficient"}),
        ("sizes = [2, 3]\npenalties.l3 = 1", {"catalog.unknown"}),
        ("sizes = [2, 3]\nlos = 1", {"catalog.unknown"}),
        ("sizes = [2, 3]\nlayers = [{ unit = 3 }]", {"catalog.unknown"}),
        ('sizes = [2, 3]\nlayers = [{ name = "os.system(1)" }]', {"network.bad_label"}),
    ],
)
def test_a_mistake_is_named(toml, text, keys):
    with pytest.raises(DefinitionError) as caught:
        read_toml(toml(text))
    assert {problem.key for problem in caught.value.problems} == keys
    assert max(map(len, said(caught.value))) < 400 * len(caught.value.problems)


def _told(path: Path) -> list[str]:
    with speaking("en"), pytest.raises(DefinitionError) as caught:
        read_toml(path)
    with speaking("en"):
        return [str(problem) for problem in caught.value.problems]


def test_all_mistakes_are_told_at_once_by_the_names_of_the_file(toml):
    text = """
sizes = [0, 3, "3", 2]
activations = ["reluu", "softmax"]
inputs = 2
los = "huber"
loss = "hubert"
seed = -1
penalties = { l2 = -1, l3 = 1 }
layers = [{ unitz = 3, name = "a;b" }, 7, { units = 3, initializer = "normal:std=-1" }]
"""
    told = _told(toml(text))
    for start in (
        "there is no key called 'los' (did you mean loss?); there are: inputs, layers, loss, ",
        "inputs and sizes say the same thing",
        "activations must have one entry per layer, 3 in all, not 2",
        "there is no key called 'layers[1].unitz' (did you mean units?); there are: units, activation, ",
        "layers[2] must be a table",
        "layers[3].units and sizes say the same thing",
        "sizes[1] must be a whole number from 1 to 1000000, not 0",
        "sizes[3] must be a whole number from 1 to 1000000, not '3'",
        "activations[1]: there is no activation called 'reluu' (did you mean relu?)",
        "activations[2]: 'softmax' ties the units of a layer together",
        "layers[1].name must be a label",
        "layers[3].initializer: the settings must satisfy 0 < std, not std = -1",
        "loss: there is no loss called 'hubert'",
        "penalties.l2 must be a number of at least 0",
        "there is no penalty called 'l3'",
        "seed must be a whole number",
    ):
        assert sum(problem.startswith(start) for problem in told) == 1, (start, told)
    assert len(told) == 16


@pytest.mark.parametrize("key", ["sizes", "activations"])
def test_a_key_that_is_nearly_one_of_the_lists(toml, key):
    (problem,) = _told(toml(f"{key[:-1]} = [2, 3]\ninputs = 2\n[[layers]]\nunits = 2"))
    assert f"did you mean {key}?" in problem


@pytest.mark.parametrize("sizes", ["7", "[2]", '"2-3"'])
def test_wrong_sizes_do_not_hide_the_rest(toml, sizes):
    told = _told(toml(f'sizes = {sizes}\nactivations = ["relu", "reluu"]\ndtype = "int8"'))
    assert [problem.partition(" ")[0] for problem in told] == ["sizes", "activations[2]:", "dtype"]


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("reading.bad_toml", "sizes = [2, 2]\nsizes = [2, 3]"),
        ("reading.bad_toml", "sizes = [2,"),
        ("reading.nested", "sizes = " + "[" * 100_000),
        ("reading.nested", "sizes = " + "{a = " * 20_000),
        ("reading.long_number", "seed = " + "9" * 5000),
        ("reading.no_utf8", b"\xff\xfe\x00"),
        ("reading.bad_toml", b"sizes = [2, 2]\x00"),
    ],
    ids=["twice", "open", "deep list", "deep table", "huge number", "no text", "zero byte"],
)
def test_what_is_no_toml(toml, key, content):
    with pytest.raises(UsageError) as caught:
        read_toml(toml(content))
    assert caught.value.key == key
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("dot", [".", " . ", '."', ".\t'"])
def test_names_with_very_many_dots_never_reach_the_parser(toml, dot, monkeypatch):
    """It would take time that grows with the square of their number."""
    monkeypatch.setattr("chainrule.reading.tomllib", None)
    quote = dot.strip(" .\t")
    with pytest.raises(UsageError) as caught:
        read_toml(toml("a" + (dot + "a" + quote) * 100_000 + " = 1"))
    assert caught.value.key == "reading.too_deep"


def test_a_file_that_is_too_large(toml):
    with pytest.raises(UsageError) as caught:
        read_toml(toml("#" * (MOST_BYTES + 1)))
    assert caught.value.key == "reading.no_file"
    assert "1,048,576 bytes" in said(caught.value)[0]
    assert read_toml(toml("sizes = [2, 2]".ljust(MOST_BYTES))).inputs == 2


def test_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(UsageError) as caught:
            read_toml(path)
        assert caught.value.key == "reading.no_file"
    with pytest.raises(UsageError) as caught:
        read_network("none.toml")
    assert caught.value.key == "reading.no_file"


LABELS = st.none() | st.from_regex(r"\w[\w -]{0,39}", fullmatch=True)
INITIALIZERS = st.sampled_from([None, "he", "glorot", "normal:std=0.25", "uniform:low=-2,high=3"])
HIDDEN = st.sampled_from([None, "relu", "tanh", "x * sigmoid(1.702 * x)", "leaky_relu:slope=0.1"])
COEFFICIENTS = st.floats(0, 1e30) | st.integers(0, 100)


@st.composite
def definitions(draw: st.DrawFn) -> NetworkDefinition:
    units = draw(st.integers(1, 50))
    count = draw(st.integers(0, 4))
    layers = []
    for number in range(1, count + 1):
        shared = draw(st.sampled_from([None, 1])) if number > 1 else None
        layers.append(Dense(units, draw(HIDDEN), shared, draw(INITIALIZERS), draw(LABELS)))
    output, loss = draw(
        st.sampled_from(
            [
                (None, None),
                ("softmax", "cross_entropy"),
                ("sigmoid", "half_squared_error"),
                ("identity", "huber"),
            ]
        )
    )
    least = 2 if output == "softmax" else 1
    layers.append(Dense(draw(st.integers(least, 50)), output, None, draw(INITIALIZERS), draw(LABELS)))
    return NetworkDefinition(
        units,
        tuple(layers),
        loss,
        draw(st.dictionaries(st.sampled_from(["l1", "l2"]), COEFFICIENTS)),
        draw(INITIALIZERS),
        draw(st.sampled_from(["zeros", "normal", "constant:value=0.5"])),
        draw(st.sampled_from(["float32", "float64"])),
        draw(st.integers(0, 2**63 - 1)),
    )


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(definitions())
def test_what_is_written_reads_back_the_same(toml, net):
    assert read_toml(toml(write_toml(net))) == net
    assert read_toml(toml(write_toml(net.resolved()))) == net.resolved()


def test_letters_beyond_the_first_65536_survive(toml):
    net = NetworkDefinition(2, (Dense(2, name="𠀀 层"),))
    assert read_toml(toml(write_toml(net))) == net


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["relu", "l2", "he", "softmax"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
LAYERS = st.lists(
    st.dictionaries(
        st.sampled_from(["units", "activation", "shared", "initializer", "name", "?"]), JUNK, max_size=4
    ),
    max_size=4,
)
KEYS = ["sizes", "activations", "inputs", "loss", "penalties", "initializer", "dtype", "seed", "?"]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.dictionaries(st.sampled_from(KEYS), JUNK), st.none() | LAYERS | JUNK)
def test_any_table_is_a_network_or_a_list_of_problems(table, layers):
    with contextlib.suppress(DefinitionError):
        NetworkDefinition.from_dict(table if layers is None else {**table, "layers": layers})
