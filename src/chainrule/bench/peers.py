"""Other software, as somebody who knows it would write the same training.

Each starts from the same parameters and, but for scikit-learn, which shuffles by itself, draws the same
batches; `child` reports how far the parameters have moved, so that all can be seen to do the same work.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from chainrule.bench.masks import mask
from chainrule.bench.work import RATE, Array, Prepared, UnsuitedError, Work
from chainrule.bench.ynnpack import restrain
from chainrule.randomness import generator

SIDE = 2048
"""Of the matrices whose product shows what a library reaches."""
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam."""


def hidden(work: Work) -> list[str]:
    """Activations of the hidden layers. Raises UnsuitedError for what not every peer has."""
    net = work.net
    *activations, output = (str(layer.activation) for layer in net.layers)
    usual = ("softmax", "cross_entropy") if net.outputs > 1 else ("sigmoid", "binary_cross_entropy")
    for part, known in (
        *((activation, ("sigmoid", "tanh", "relu")) for activation in activations),
        (output, usual[:1]),
        (str(net.loss), usual[1:]),
        *((penalty, ()) for penalty in net.penalties),
        (net.dtype, ("float32",)),
        *((f"W{layer.shared}", ()) for layer in net.layers if layer.shared),
        *((f"norm {layer.norm}", ()) for layer in net.layers if layer.norm),
        *((f"dropout {net.dropped(number)}", ()) for number in range(len(net.layers)) if net.dropped(number)),
    ):
        if part not in known:
            raise UnsuitedError(part)
    return activations


def optimizer(work: Work) -> tuple[str, float]:
    """Name, and the momentum of sgd. Raises UnsuitedError."""
    name, _, settings = work.optimizer.partition(":")
    setting, _, value = settings.partition("=")
    if name not in ("sgd", "adam") or (settings and (name, setting) != ("sgd", "momentum")):
        raise UnsuitedError(work.optimizer)
    return name, float(value or 0)


def scikit_learn(work: Work) -> Prepared:
    import sklearn
    from sklearn.neural_network import MLPClassifier

    activations = {*hidden(work)} or {"sigmoid"}
    if len(activations) > 1:
        raise UnsuitedError(" + ".join(sorted(activations)))
    (activation,) = activations
    solver, momentum = optimizer(work)
    x, y = work.data()
    classes = np.arange(work.classes)
    model = MLPClassifier(
        work.net.sizes[1:-1],
        activation={"sigmoid": "logistic"}.get(activation, activation),
        solver=solver,
        momentum=momentum,
        nesterovs_momentum=False,
        batch_size=work.batch,
        learning_rate_init=RATE,
        alpha=0,
        random_state=0,
    )
    model.partial_fit(x[: work.batch], y[: work.batch], classes=classes)

    def run(steps: int) -> float:
        rows = steps * work.batch
        model.partial_fit(x[:rows], y[:rows])
        return steps

    def parameters() -> dict[str, Array]:
        layers = list(enumerate(zip(model.coefs_, model.intercepts_, strict=True), 1))
        return {f"W{i}": w.T for i, (w, _) in layers} | {f"b{i}": b for i, (_, b) in layers}

    about = f"scikit-learn {sklearn.__version__}"
    if work.net.outputs == 2:  # of two classes scikit-learn makes one output
        return Prepared(run, about, most=work.steps)
    start = work.parameters()
    for name, w in parameters().items():
        w[...] = start[name]
    del model._optimizer  # which the first call began; the next one makes another
    return Prepared(run, about, parameters, work.steps)


class _Torch:
    """What both ways to write it in PyTorch share."""

    def __init__(self, work: Work) -> None:
        self.torch = torch = import_module("torch")
        torch.set_num_threads(work.threads)
        nn = torch.nn
        functions = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
        activations = [*(functions[name] for name in hidden(work)), nn.Identity]
        sizes = zip(work.net.sizes, work.net.sizes[1:], activations, strict=False)
        self.model = nn.Sequential(*(part for n, m, g in sizes for part in (nn.Linear(n, m), g())))
        start = work.parameters()
        self.names = [f"{letter}{i}" for i in range(1, len(activations) + 1) for letter in "Wb"]
        with torch.no_grad():
            for name, w in zip(self.names, self.model.parameters(), strict=True):
                w.copy_(torch.from_numpy(start[name]))
        x, y = work.data()
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.loss = nn.functional.cross_entropy
        if work.net.outputs == 1:
            self.y, self.loss = self.y[:, None].float(), nn.functional.binary_cross_entropy_with_logits
        self.about = f"PyTorch {torch.__version__} ({torch.backends.cpu.get_cpu_capability()})"
        self.batch, self.orders = work.batch, work.orders()

    def batches(self, steps: int) -> Any:
        order = self.torch.from_numpy(next(self.orders))
        return order[: steps * self.batch].split(self.batch)

    def arrays(self, tensors: Any) -> dict[str, Array]:
        return {name: w.detach().numpy() for name, w in zip(self.names, tensors, strict=True)}


def pytorch(work: Work) -> Prepared:
    """Step by step, with PyTorch's own optimizers."""
    it = _Torch(work)
    torch, model, x, y, loss = it.torch, it.model, it.x, it.y, it.loss
    name, momentum = optimizer(work)
    if name == "adam":
        steps_of = torch.optim.Adam(model.parameters(), RATE, (BETA1, BETA2), EPSILON, fused=True)
    else:
        steps_of = torch.optim.SGD(model.parameters(), RATE, momentum, fused=True)

    def run(steps: int) -> float:
        for rows in it.batches(steps):
            steps_of.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            steps_of.step()
        return steps

    return Prepared(run, it.about, lambda: it.arrays(model.parameters()), work.steps)


def pytorch_compiled(work: Work) -> Prepared:
    """The whole step, gathering and update included, compiled at once: a compiled loss by itself leaves the
    optimizer's and autograd's calls in Python."""
    it = _Torch(work)
    torch, x, y = it.torch, it.x, it.y
    name, momentum = optimizer(work)
    weights = {key: w.detach().clone() for key, w in it.model.named_parameters()}
    m, v = ({key: torch.zeros_like(w) for key, w in weights.items()} for _ in range(2))
    t = torch.zeros(())
    gradient = torch.func.grad(
        lambda w, rows: it.loss(torch.func.functional_call(it.model, w, (x[rows],)), y[rows])
    )

    def step(rows: Any) -> None:
        t.add_(1)
        for key, g in gradient(weights, rows).items():
            if name == "adam":
                m[key].lerp_(g, 1 - BETA1)
                v[key].lerp_(g * g, 1 - BETA2)
                root = (v[key] / (1 - BETA2**t)).sqrt_().add_(EPSILON)
                weights[key].sub_(RATE * (m[key] / (1 - BETA1**t)) / root)
            elif momentum:
                m[key].mul_(momentum).add_(g)
                weights[key].sub_(m[key], alpha=RATE)
            else:
                weights[key].sub_(g, alpha=RATE)

    compiled = torch.compile(step)

    def run(steps: int) -> float:
        with torch.no_grad():
            for rows in it.batches(steps):
                compiled(rows)
        return steps

    return Prepared(run, it.about, lambda: it.arrays(weights.values()), work.steps)


def _jax() -> tuple[Any, Any, str]:
    """JAX, its arrays, and its version: with what the mask leaves it."""
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    about = f"JAX {jax.__version__}"
    if kept := mask().kept:
        about += f" ({kept.upper()}{'' if restrain(kept) else ', YNNPACK: any'})"
    return jax, jnp, about


def jax_scan(work: Work) -> Prepared:
    """All steps of an epoch in one compiled call, `jit(scan)`, which puts new parameters in the old ones'
    place."""
    jax, jnp, about = _jax()
    functions = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu}
    activations = [functions[name] for name in hidden(work)]
    layers = range(1, len(activations) + 2)
    name, momentum = optimizer(work)
    start = work.parameters()
    weights = {key: jnp.array(w.T) for key, w in start.items()}  # W as (inputs, units): x @ W
    each = jax.tree.map

    def loss(w: Any, x: Any, y: Any) -> Any:
        for i in layers:
            z = x @ w[f"W{i}"] + w[f"b{i}"]
            x = activations[i - 1](z) if i < len(layers) else z
        if work.net.outputs == 1:
            return jnp.mean(jnp.logaddexp(0, z) - y * z)
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(z), axis=1))

    def update(w: Any, m: Any, v: Any, t: Any, g: Any) -> Any:
        if name == "adam":
            m = each(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
            v = each(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
            c1, c2 = 1 - BETA1**t, 1 - BETA2**t
            return each(lambda w, m, v: w - RATE * (m / c1) / (jnp.sqrt(v / c2) + EPSILON), w, m, v), m, v
        if momentum:
            m = each(lambda m, g: momentum * m + g, m, g)
            return each(lambda w, m: w - RATE * m, w, m), m, v
        return each(lambda w, g: w - RATE * g, w, g), m, v

    def epoch(state: Any, x: Any, y: Any, order: Any) -> Any:
        def step(state: Any, rows: Any) -> Any:
            w, m, v, t = state
            g = jax.grad(loss)(w, x[rows], y[rows])
            return (*update(w, m, v, t + 1, g), t + 1), None

        return jax.lax.scan(step, state, order)[0]

    train = jax.jit(epoch, donate_argnums=0)
    samples, numbers = work.data()
    x, y = jnp.asarray(samples), np.eye(work.classes, dtype=np.float32)[numbers]
    y = jnp.asarray(y if work.net.outputs > 1 else y[:, 1:])
    kept = {"adam": weights, "sgd": weights if momentum else {}}[name]
    m, v = each(jnp.zeros_like, kept), each(jnp.zeros_like, kept if name == "adam" else {})
    state = weights, m, v, jnp.zeros(())
    orders = work.orders()

    def run(steps: int) -> float:
        nonlocal state
        order = next(orders)[: steps * work.batch].astype(np.int32).reshape(steps, work.batch)
        state = jax.block_until_ready(train(state, x, y, order))
        return steps

    def parameters() -> dict[str, Array]:
        return {key: np.asarray(w).T for key, w in state[0].items()}

    return Prepared(run, about, parameters, work.steps)


def square_matrices() -> tuple[Array, Array]:
    rng = generator(0, "bench products")
    return rng.random((SIDE, SIDE), np.float32), rng.random((SIDE, SIDE), np.float32)


def pytorch_products(work: Work) -> Prepared:
    torch = import_module("torch")
    torch.set_num_threads(work.threads)
    a, b = map(torch.from_numpy, square_matrices())
    out = torch.empty_like(a)

    def run(count: int) -> float:
        for _ in range(count):
            torch.mm(a, b, out=out)
        return count

    return Prepared(run, f"PyTorch {torch.__version__}")


def jax_products(work: Work) -> Prepared:
    jax, jnp, about = _jax()
    a, b = map(jnp.asarray, square_matrices())
    product = jax.jit(jnp.matmul)

    def run(count: int) -> float:
        for _ in range(count):
            jax.block_until_ready(product(a, b))
        return count

    return Prepared(run, about)
