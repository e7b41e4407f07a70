"""`Kernel`: the functions of one source file, and the record that all of them take."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, final

from .build import library

if TYPE_CHECKING:
    from torch import Tensor


@final
class Kernel:
    """Functions that take a pointer to one record: whole numbers, then where tensors lie.

    Args:
        source: the file.
        numbers: fields of its record, of 64 bits each; then
        tensors: the pointers.
    """

    def __init__(self, source: Path, *, numbers: Sequence[str], tensors: Sequence[str]) -> None:
        self.source = source
        self._tensors = tuple(tensors)
        fields = [(name, ctypes.c_int64) for name in numbers] + [(name, ctypes.c_void_p) for name in tensors]
        self._record = type("_Record", (ctypes.Structure,), {"_fields_": fields})

    def is_there(self) -> bool:
        """Whether it could be compiled; see `library`."""
        return library(self.source) is not None

    def run(self, function: str, *numbers: int, **tensors: "Tensor | None") -> int:
        """What a function returns; nothing that counts if it is void.

        Args:
            function: its name.
            numbers: in the record's order.
            tensors: contiguous ones on the CPU, by the record's names; what is not named is null there.

        Raises:
            ValueError: if a tensor lies elsewhere or otherwise.
            TypeError: if the record has no tensor of a name.
        """
        places: list[int | None] = []
        for name in self._tensors:
            tensor = tensors.pop(name, None)
            if tensor is not None and not (tensor.is_cpu and tensor.is_contiguous()):
                raise ValueError(f"`{self.source.name}` wants `{name}` contiguous and on the CPU.")
            places.append(None if tensor is None else tensor.data_ptr())
        if tensors:
            raise TypeError(f"`{self.source.name}` knows no {', '.join(tensors)}.")
        return getattr(library(self.source), function)(ctypes.byref(self._record(*numbers, *places)))
