"""The one definition of a network, its validator, and its meaning as expressions."""

from chainrule.network.definition import NetworkDefinition as NetworkDefinition
from chainrule.network.given import is_number as is_number
from chainrule.network.given import plain as plain
from chainrule.network.layer import Dense as Dense
from chainrule.network.layer import over_samples as over_samples
