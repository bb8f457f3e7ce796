"""Derivations as documents: every level in every notation and language, what is refused, and the cells."""

from __future__ import annotations

import pytest

from chainrule.catalog.norms import NORMS
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.derivation.derive import LEVELS, derive
from chainrule.documents.document import Code, Document, Formula, Heading, Paragraph
from chainrule.errors import UnknownNameError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.reading import read_network
from chainrule.sentences import LANGUAGES, say, speaking
from chainrule.update import UpdateRule

NETWORKS = [
    "2-3-2",
    "zhou",
    "testnet",
    "han-small",
    "ufldl",
    "3-2",
    "2-1:step",
    "3-4:relu-4:gelu-2:sigmoid",
    "2-3:identity-3:x * sigmoid(1.702 * x)-1",
    "4-5:leaky_relu-5:elu-5:silu-5:softplus-3",
    "784-300-10",
]


def derived(network: str, **how: str | None) -> Document:
    return derive(read_network(network).net, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_in_every_notation(network: str, notation: str) -> None:
    for level in LEVELS:
        if level == "rule" and notation != "nielsen":
            continue  # rules know the function's symbol only
        documents = [derived(network, notation=notation, level=level, lang=lang) for lang in ("en", "zh")]
        english, chinese = ([(f.left, *(s.tex for s in f.steps)) for f in d.formulas()] for d in documents)
        assert english == chinese
        assert len(english) > 3
        for document in documents:
            assert max(map(len, document.terminal().splitlines())) <= 120


def test_a_layer_that_is_used_twice() -> None:
    net = NetworkDefinition(3, (Dense(3, "tanh"), Dense(3, "tanh", shared=1), Dense(2)))
    sums = [f for f in derive(net).formulas() if f.left == r"\frac{\partial C}{\partial w^{2}}"]
    assert r"\delta^{3} (a^{2})^{T} + \delta^{2} (a^{1})^{T}" in {s.tex for f in sums for s in f.steps}


def test_a_deep_network_is_no_longer_to_read() -> None:
    def formulas(layers: int) -> int:
        return len(list(derived("5-" + "-".join(["4"] * layers) + "-2").formulas()))

    assert formulas(50) == formulas(10)


def test_a_weight_of_a_deep_network_is_followed_in_sums() -> None:
    document = derived("5-" + "-".join(["4"] * 50) + "-2", level="node", of="W1[0,1]")
    assert len(list(document.formulas())) < 12
    assert r"\delta^{l}_{j}" in {formula.left for formula in document.formulas()}


def test_layers_that_differ_are_written_out() -> None:
    def headings(network: str) -> list[str]:
        return [b.text for b in derived(network, lang="en").blocks if isinstance(b, Heading)]

    found = headings("5-4:tanh-4:tanh-4:relu-4:tanh-4:tanh-2")
    assert "Hidden layer 4" in found
    assert "Hidden layer $l$, 2, 3, 5, 6" in found
    found = headings("5-" + "-".join(["4:tanh-4:relu"] * 6) + "-2")
    assert (
        sum(text.startswith("Hidden layer") for text in found) == 7
    )  # six of one kind, and those of the other


@pytest.mark.parametrize(
    ("notation", "names"),
    [
        ("zhou", {"w1": "w_{1}", "w6": "w_{6}", "b3": "b_{3}", "W1[1,0]": "w_{3}", "b2[0]": "b_{3}"}),
        ("han", {"w31": "w_{31}", "w53": "w_{53}", "w5b": "w_{5b}", "W2[0,1]": "w_{54}"}),
        ("nielsen", {"w211": "w^{2}_{11}", "W2[0,1]": "w^{3}_{12}", "b1[1]": "b^{2}_{2}"}),
    ],
)
def test_a_weight_by_its_name(notation: str, names: dict[str, str]) -> None:
    for name, tex in names.items():
        document = derived("zhou", notation=notation, level="node", of=name)
        assert f"${tex}$" in document.title


@pytest.mark.parametrize("of", ["W3[0,0]", "W1[2,0]", "W1[0]", "b1[0,0]", "w99", "", "W1[0,0", "W1[-1,0]"])
def test_no_such_weight(of: str) -> None:
    with pytest.raises(UsageError) as caught:
        derived("zhou", notation="zhou", level="node", of=of)
    assert caught.value.key == "derivation.no_such_weight"
    assert "W2[0,1]" in str(caught.value)


def test_what_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean nielsen"):
        derived("zhou", notation="nielson")
    with pytest.raises(UnknownNameError, match="layer"):
        derived("zhou", level="layers")
    with pytest.raises(UsageError) as caught:
        derived("zhou", of="w1")
    assert caught.value.key == "derivation.of_needs_node"


def test_the_language_is_that_of_the_moment_unless_named() -> None:
    with speaking("zh"):
        assert derived("zhou").lang == "zh"
        assert derived("zhou", lang="en").lang == "en"


def test_every_formula_is_asked_its_reason_or_follows_from_the_text_above() -> None:
    for block in derived("2-3-2", lang="en").blocks:
        if isinstance(block, Formula) and len(block.steps) > 2:
            assert any(step.reason for step in block.steps), block


@pytest.mark.parametrize("optimizer", ["sgd", "sgd:momentum=0.9"])
@pytest.mark.parametrize(
    "network", [n for n in NETWORKS if not n.startswith("784")] + ["5-" + "4:tanh-" * 6 + "3:relu-2"]
)
def test_the_cells_run_and_find_the_gradients_right(network: str, optimizer: str) -> None:
    run_cells(read_network(network).net, optimizer)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.names())
def test_the_cells_take_a_step_of_every_optimizer(optimizer: str) -> None:
    run_cells(read_network("2-3-2").net, optimizer)


@pytest.mark.parametrize("norm", NORMS.names())
def test_the_cells_of_a_normalised_network(norm: str) -> None:
    hidden = (Dense(4, "tanh", norm=norm), Dense(3, "relu", norm=norm))
    run_cells(NetworkDefinition(3, (*hidden, Dense(2)), penalties={"l2": 0.1}), "sgd:momentum=0.9")


def test_the_cells_of_a_step_with_bounds() -> None:
    run_cells(read_network("2-3-2").net, UpdateRule("adam", 0.05, 0.1, max_norm=5.0, ema=0.9))


def test_what_a_step_has_beside_the_optimizer_is_said() -> None:
    net = read_network("2-3-2").net
    for lang in LANGUAGES:
        bounds = {"clip_value": 0.75, "clip_norm": 1.75, "max_norm": 2.75, "ema": 0.875}
        said = derive(net, lang=lang, update=UpdateRule(**bounds)).blocks  # type: ignore[arg-type]  # numbers
        texts = [block.text for block in said if isinstance(block, Paragraph)]
        with speaking(lang):
            assert say("derivation.update.sample") not in texts  # a step of one sample is not so simple
        for value in bounds.values():
            assert sum(str(value) in text for text in texts) == 1


def run_cells(net: NetworkDefinition, update: str | UpdateRule) -> None:
    """All of a document's, which are asked whether their gradients are right and a step makes J smaller."""
    document = derive(net, update=update, lang="en")
    cells = [block.source for block in document.blocks if isinstance(block, Code)]
    names: dict[str, object] = {}
    for cell in cells:
        exec(compile(cell, "<cell>", "exec"), names)  # the project's own source, as a notebook runs it
    assert callable(names["cost"])
    assert names["cost"]() < names["J"]
