"""One door to all derivations of a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from chainrule.catalog.registry import unknown
from chainrule.derivation.composite import function_blocks
from chainrule.derivation.layer import LayerDerivation
from chainrule.derivation.node import NodeDerivation
from chainrule.derivation.rules import (
    activation_blocks,
    loss_blocks,
    sigmoid_cross_entropy_blocks,
    softmax_blocks,
    softmax_cross_entropy_blocks,
)
from chainrule.documents.document import Block, Document, Heading, Paragraph
from chainrule.errors import UsageError
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition
from chainrule.notation import find_notation
from chainrule.notation.notation import Notation
from chainrule.sentences import Language, language, say, speaking
from chainrule.update import UpdateRule

Level = Literal["rule", "layer", "node"]
LEVELS: tuple[Level, ...] = get_args(Level)


def derive(
    net: NetworkDefinition,
    *,
    notation: str = "nielsen",
    lang: Language | None = None,
    level: str = "layer",
    of: str | None = None,
    update: str | UpdateRule = "sgd",
) -> Document:
    """The derivation of a network's gradients.

    notation: whose way of writing. level: `rule` (how each local derivative comes about), `layer` (vectors
    and matrices) or `node` (one weight followed from the loss down). of: that weight, `W1[0,1]` or by its
    name in the notation, w41. update: see program.build. Raises UnknownNameError, UsageError.
    """
    if level not in LEVELS:
        raise unknown("level", level, list(LEVELS))
    if of is not None and level != "node":
        raise UsageError("derivation.of_needs_node", of=repr(of))
    found = find_notation(notation)
    with speaking(lang) as speech, speech:
        if level == "node":
            blocks = NodeDerivation(net, found, update).follow(of)
        elif level == "rule":
            blocks = rules(net.resolved(), found)
        else:
            blocks = LayerDerivation(net, found, update).blocks()
        return Document(language(), tuple(blocks))


def derive_function(text: str, *, lang: Language | None = None) -> Document:
    """A function of one or more variables, given as a formula, taken apart and differentiated by each of
    them. Raises FormulaError."""
    with speaking(lang) as speech, speech:
        title = Heading(say("derivation.function.title", function=" ".join(text.split())), 1)
        return Document(language(), (title, *function_blocks(text)))


def rules(net: NetworkDefinition, notation: Notation) -> Iterator[Block]:
    """How the local derivatives of a network come about: its activations and its loss."""
    yield Heading(say("derivation.rules.title", network=str(net)), 1)
    yield Paragraph(say("derivation.rules"))
    done = set()
    for number, layer in enumerate(net.layers, 1):
        name = str(layer.activation)
        if name in done or name == "identity":
            continue
        done.add(name)
        if find_activation(name)[0].across:
            yield Heading(say("derivation.rules.softmax"))
            yield from softmax_blocks()
        else:
            yield Heading(say("derivation.rules.activation", name=name))
            yield from activation_blocks(name, function=notation.activation(net, number))
    loss, output = str(net.loss), str(net.layers[-1].activation)
    together = {
        ("cross_entropy", "softmax"): softmax_cross_entropy_blocks,
        ("binary_cross_entropy", "sigmoid"): sigmoid_cross_entropy_blocks,
    }
    if (loss, output) in together:
        yield Heading(say("derivation.rules.together"))
        yield from together[loss, output]()
    else:
        yield Heading(say("derivation.rules.loss", name=loss))
        yield from loss_blocks(loss)
