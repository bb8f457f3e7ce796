"""How fast this machine trains a network: the engines here, and other software where it is installed.

Every contender is a process of its own, which prepares once and then does turns on demand (`contenders`,
`peers`, `child`). The turns go round and round (`race`), so that a slow moment of the machine falls on all,
and ratios are those of turns in the same round. Cores and threads of each are bound from outside.
"""
