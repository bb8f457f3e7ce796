"""Sentences: the recipes."""

SENTENCES: dict[str, tuple[str, str]] = {
    "recipes.about_plain": (
        "MNIST as it is, without dropout or distortions",
        "原样的 MNIST，不用 dropout，不做图片变形",
    ),
    "recipes.about_dropout": (
        "MNIST without a word about which pixels are neighbours: dropout, noise, batch normalisation",
        "MNIST，不利用像素的相邻关系：dropout、噪声与批归一化",
    ),
    "recipes.about_elastic": (
        "MNIST with pictures distorted anew in each epoch, by fully connected layers alone",
        "MNIST，每一轮重新做图片变形，只用全连接层",
    ),
}
