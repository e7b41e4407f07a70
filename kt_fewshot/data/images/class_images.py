"""`ClassImages`: labelled items of many classes as one tensor; and `Splits` of them, no class in two."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

PARTS: Final = ("train", "valid", "test")


@dataclass(frozen=True)
class ClassImages:
    """Items of classes: images, or any vectors of one shape (rows of a table).

    - `x: (items, *shape)` uint8 in 0..255, turned into floats only where an episode is drawn, or float as it is;
      images are (channels, height, width);
    - `y: (items,)` int64 class 0..classes-1;
    - `names`: of the classes;
    - `sources: (items,)` int64 who or what made the item (a font, a writer), or None. Where it is known, support and
      query of an episode share no source;
    - `mean`, `std`: one a channel (the first axis of the shape), subtracted and divided by after uint8 was divided by
      255.

    Raises:
        ValueError: if shapes, types or classes do not fit together.
    """

    x: Tensor
    y: Tensor
    names: tuple[str, ...]
    sources: Tensor | None = None
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Check once what every episode relies on."""
        if self.x.ndim < 2 or not (self.x.dtype == torch.uint8 or self.x.is_floating_point()):
            raise ValueError(
                f"`x` should be (items, *shape) of uint8 or floats. Found {tuple(self.x.shape)} of {self.x.dtype}."
            )
        for name, value in (("y", self.y), ("sources", self.sources)):
            if value is not None and (value.shape != self.x.shape[:1] or value.dtype != torch.int64):
                raise ValueError(
                    f"`{name}` should be ({len(self.x)},) of int64. Found {tuple(value.shape)} of {value.dtype}."
                )
        if len(self.y) and (self.y.min() < 0 or self.y.max() >= len(self.names)):
            raise ValueError(f"`y` should be 0..{len(self.names) - 1}, an index of `names`. Found others.")

    def __len__(self) -> int:
        """Number of items."""
        return len(self.x)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.names)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one item."""
        return tuple(self.x.shape[1:])

    def counts(self) -> Tensor:
        """(classes,) items of each class."""
        return torch.bincount(self.y, minlength=self.n_classes)

    def values(self, items: Tensor) -> Tensor:
        """(*items, *shape) float32: the items asked for, as an encoder wants them.

        Args:
            items: int64 of any shape.
        """
        picked = self.x.index_select(0, items.reshape(-1))
        scale, values = (255.0, picked.float()) if picked.dtype == torch.uint8 else (1.0, picked)
        channels = (-1, *[1] * (len(self.shape) - 1))
        if scale != 1.0 or set(self.std) != {1.0}:
            values *= (1 / (values.new_tensor(self.std) * scale)).reshape(channels)
        if any(self.mean):
            values -= (values.new_tensor(self.mean) / values.new_tensor(self.std)).reshape(channels)
        return values.float().reshape(*items.shape, *self.shape)

    def of_classes(self, classes: Tensor) -> "ClassImages":
        """Only some classes, numbered anew in the order given."""
        place = torch.full((self.n_classes,), -1)
        place[classes] = torch.arange(len(classes))
        y = place[self.y.cpu()]
        kept = y >= 0
        items = kept.to(self.x.device)
        return replace(
            self,
            x=self.x[items],
            y=y[kept].to(self.y.device),
            names=tuple(self.names[int(index)] for index in classes),
            sources=None if self.sources is None else self.sources[items],
        )

    def joined(self, other: "ClassImages") -> "ClassImages":
        """The classes of both; `mean` and `std` stay this one's, so that nothing of the other is used to scale.

        Raises:
            ValueError: if their items are of different shapes or types.
        """
        if (self.shape, self.x.dtype) != (other.shape, other.x.dtype):
            raise ValueError(f"Items differ: {self.shape} of {self.x.dtype}, {other.shape} of {other.x.dtype}.")
        both = self.sources is not None and other.sources is not None
        return replace(
            self,
            x=torch.cat([self.x, other.x]),
            y=torch.cat([self.y, other.y + self.n_classes]),
            names=self.names + other.names,
            sources=torch.cat([self.sources, other.sources]) if both else None,  # pyright: ignore[reportArgumentType]
        )

    def to(self, device: torch.device | str) -> "ClassImages":
        """The same on a device, where episodes are then drawn."""
        sources = None if self.sources is None else self.sources.to(device)
        return replace(self, x=self.x.to(device), y=self.y.to(device), sources=sources)


@dataclass(frozen=True)
class Splits:
    """Classes to train on, to validate on and to test on; no class in two.

    Raises:
        ValueError: if a class's name is in two of them, or if their items are of different shapes.
    """

    train: ClassImages
    valid: ClassImages
    test: ClassImages

    def __post_init__(self) -> None:
        """Check that no class is in two."""
        names = [name for part in self.parts.values() for name in part.names]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"A class should be in one split only. Found {twice!r} twice.")
        if len({part.shape for part in self.parts.values()}) > 1:
            raise ValueError(f"Splits should have items of one shape. Found {[p.shape for p in self.parts.values()]}.")

    @property
    def parts(self) -> Mapping[str, ClassImages]:
        """Name -> split."""
        return {name: getattr(self, name) for name in PARTS}

    def to(self, device: torch.device | str) -> "Splits":
        """The same on a device."""
        return Splits(**{name: part.to(device) for name, part in self.parts.items()})
