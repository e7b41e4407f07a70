"""What `multitask.py` measures on: pairs of digits, tables with two targets, schools. All of it is made offline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from kt_fewshot.multitask import planted_family, planted_stranger

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """Rows in three parts.

    - `X: (rows, columns)`; `y`: target -> (rows,);
    - `part: (rows,)` "train", "valid" or "test".
    """

    X: Floats
    y: Mapping[str, NDArray[Any]]
    part: NDArray[np.str_]

    def rows(self, *parts: str) -> Self:
        """Those of some parts."""
        mine = np.isin(self.part, parts)
        return type(self)(self.X[mine], {name: values[mine] for name, values in self.y.items()}, self.part[mine])

    def only(self, *names: str) -> Self:
        """Some of the targets."""
        return replace(self, y={name: self.y[name] for name in names})


def digit_pairs(seed: int, *, train: int = 2000, valid: int = 500, test: int = 1500) -> Material:
    """Two of scikit-learn's 8 x 8 digits side by side, half over each other: which is left, which is right?

    As MultiMNIST (Sabour, Frosst and Hinton 2017), in small: 8 x 12 pixels, the brighter one counts. No image is in
    two parts.
    """
    images, labels = load_digits(return_X_y=True)
    images = np.asarray(images).reshape(-1, 8, 8) / 16
    rng = np.random.default_rng(seed)
    pools = np.split(rng.permutation(len(images)), [1000, 1250])
    canvases, left, right, part = [], [], [], []
    for name, pool, n in zip(("train", "valid", "test"), pools, (train, valid, test), strict=True):
        one, two = rng.choice(pool, (2, n))
        canvas = np.zeros((2, n, 8, 12))
        canvas[0, :, :, :8], canvas[1, :, :, 4:] = images[one], images[two]
        canvases.append(canvas.max(0).reshape(n, -1))
        left.append(labels[one])
        right.append(labels[two])
        part += [name] * n
    return Material(
        np.concatenate(canvases), {"left": np.concatenate(left), "right": np.concatenate(right)}, np.array(part)
    )


def few_labels(seed: int, *, share: float = 0.1) -> Material:
    """Pairs of digits of which only some have the label of the right one in training and validation."""
    pairs = digit_pairs(seed)
    rng = np.random.default_rng([seed, 1])
    lacking = (pairs.part != "test") & (rng.random(len(pairs.X)) >= share)
    return replace(pairs, y=dict(pairs.y) | {"right": np.where(lacking, np.nan, pairs.y["right"])})


def diabetes(seed: int) -> Material:
    """Progression of the disease and blood glucose, from age, sex, BMI, pressure and five other serum values."""
    found = load_diabetes(scaled=False)
    return _table(seed, found.data[:, :9], {"progression": found.target, "glucose": found.data[:, 9]})  # pyright: ignore


def breast_cancer(seed: int) -> Material:
    """Malignant or not, and the largest area of a nucleus, from the means of its ten measurements."""
    found = load_breast_cancer()
    worst_area = np.log(found.data[:, 23])  # pyright: ignore
    return _table(seed, found.data[:, :10], {"malignant": 1 - found.target, "log area": worst_area})  # pyright: ignore


def wine(seed: int) -> Material:
    """Cultivar and alcohol, from the other twelve measurements."""
    found = load_wine()
    return _table(seed, found.data[:, 1:], {"cultivar": found.target, "alcohol": found.data[:, 0]})  # pyright: ignore


def planted_close(seed: int) -> Material:
    """The two closest tasks of a planted family (cosine at least .7), 200 rows to train on."""
    family = planted_family(seed, rows=2250)
    a, b = np.unravel_index((family.cosine - np.eye(len(family.tasks))).argmax(), family.cosine.shape)
    return _planted(family.inputs, {"one": family.targets[:, a], "close": family.targets[:, b]})


def planted_apart(seed: int) -> Material:
    """A planted task and a stranger, 200 rows to train on."""
    family = planted_stranger(seed, rows=2250)
    return _planted(family.inputs, {"one": family.targets[:, 0], "stranger": family.targets[:, 3]})


TABLES: Final[Mapping[str, Callable[[int], Material]]] = {
    "diabetes": diabetes,
    "breast cancer": breast_cancer,
    "wine": wine,
    "planted, close": planted_close,
    "planted, stranger": planted_apart,
}


@dataclass(frozen=True)
class Schools:
    """Right and wrong answers in schools that have most, but not all, in common."""

    X: Floats
    y: Floats
    school: NDArray[np.str_]

    @classmethod
    def draw(cls, seed: int, sizes: list[int], *, fresh: bool = False) -> Self:
        """`sizes` rows a school; schools are a function of the seed, `fresh` rows are others of the same schools."""
        truth = np.random.default_rng(seed)
        common, shift = 0.5 * truth.standard_normal((8, 4)), 0.5 * truth.standard_normal((len(sizes), 8))
        rng = np.random.default_rng([seed, int(fresh)])
        school = np.repeat(np.arange(len(sizes)), sizes)
        X = rng.standard_normal((len(school), 8))
        logit = 1.5 * np.tanh(X @ common).sum(1) + (X * shift[school]).sum(1)
        y = (rng.random(len(school)) < 1 / (1 + np.exp(-logit))).astype(float)
        return cls(X, y, np.array([f"school {k}" for k in school]))


def _table(seed: int, X: Floats, y: dict[str, NDArray[Any]]) -> Material:
    """Half of the rows to train, a sixth to validate, a third to test."""
    part = np.random.default_rng(seed).permutation(np.array(["train", "valid", "train", "test", "train", "test"])[
        np.arange(len(X)) % 6
    ])  # fmt: skip
    return Material(np.asarray(X, dtype=np.float64), y, part)


def _planted(X: Floats, y: dict[str, Floats]) -> Material:
    part = np.repeat(["train", "valid", "test"], [200, 50, 2000])
    return Material(X, y, part)
