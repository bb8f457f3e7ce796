"""4-3:x * sigmoid(1.702 * x)-1:sigmoid，损失 binary_cross_entropy。由 chainrule VERSION 推导；只需要 NumPy。

x (n, d)：输入，每行一个样本。y (n, k)：目标。a2 (n, k)：输出。n 个样本，d = 4, h1 = 3, k = 1。
delta_l 即 dJ/dz_l：已包含对 n 个样本取平均的 1/n。
参数：W1 (h1, d), b1 (h1,), W2 (k, h1), b2 (k,)
第 1 层：gate
第 2 层：answer
"""

import zlib

import numpy as np

d, h1, k = 4, 3, 1


def sigmoid(z):
    with np.errstate(over="ignore"):  # exp(-z) 可能溢出为 inf，而 1 / inf = 0 正是极限值
        return 1 / (1 + np.exp(-z))


def generator(seed, purpose, *counters):
    entropy = [seed, zlib.crc32(purpose.encode()), *counters]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))


def normal(rng, shape, fan_in, fan_out, *, std=1.0):
    return std * rng.standard_normal(shape)


def zeros(rng, shape, fan_in, fan_out):
    return np.zeros(shape)


def initial_parameters(seed=0):
    # 与 chainrule 的初始值完全相同
    return {
        "W1": normal(generator(seed, "initialize W1"), (h1, d), d, h1, std=0.5),
        "b1": zeros(generator(seed, "initialize b1"), (h1,), d, h1),
        "W2": normal(generator(seed, "initialize W2"), (k, h1), h1, k, std=0.5),
        "b2": zeros(generator(seed, "initialize b2"), (k,), h1, k),
    }


def forward(x, W1, b1, W2, b2):
    z1 = x @ W1.T + b1             # (n, h1)  第 1 层的加权输入
    a1 = z1 * sigmoid(1.702 * z1)  # (n, h1)  第 1 层的激活值
    z2 = a1 @ W2.T + b2            # (n, k)   第 2 层的加权输入
    a2 = sigmoid(z2)               # (n, k)   第 2 层的激活值
    return z1, a1, z2, a2


def loss(x, y, W1, b1, W2, b2):
    n = len(x)
    _, _, z2, _ = forward(x, W1, b1, W2, b2)
    J = np.sum(np.logaddexp(0, z2) - y * z2) / n  # ()  损失
    return J


def gradients(x, y, W1, b1, W2, b2):
    n = len(x)
    z1, a1, _, a2 = forward(x, W1, b1, W2, b2)
    delta2 = (a2 - y) / n         # (n, k)   第 2 层的误差
    dW2 = delta2.T @ a1           # (k, h1)  W2 的梯度
    db2 = np.sum(delta2, axis=0)  # (k,)     b2 的梯度
    # (n, h1)  第 1 层的误差
    delta1 = (delta2 @ W2) * sigmoid(1.702 * z1) * (1.702 * z1 * (1 - sigmoid(1.702 * z1)) + 1)
    dW1 = delta1.T @ x            # (h1, d)  W1 的梯度
    db1 = np.sum(delta1, axis=0)  # (h1,)    b1 的梯度
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def step(parameters, x, y, lr=0.1):
    # 训练一步：每个参数沿梯度的反方向走一小步
    for name, dw in gradients(x, y, **parameters).items():
        w = parameters[name]
        parameters[name] = w - lr * dw


if __name__ == "__main__":
    # 试一试：每个梯度取一个分量与有限差分比较，然后训练五步
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, d))
    y = rng.integers(2, size=(8, 1))
    parameters = initial_parameters()
    for name, dw in gradients(x, y, **parameters).items():
        place, h = tuple(rng.integers(s) for s in dw.shape), 1e-5
        above, below = (dict(parameters, **{name: parameters[name].copy()}) for _ in range(2))
        above[name][place] += h
        below[name][place] -= h
        numeric = (loss(x, y, **above) - loss(x, y, **below)) / (2 * h)
        print(f"d{name}{list(map(int, place))} = {dw[place]:+.9f}, 数值结果 {numeric:+.9f}")
    for t in range(1, 6):
        print(f"第 {t} 步： J = {loss(x, y, **parameters):.6f}")
        step(parameters, x, y)
