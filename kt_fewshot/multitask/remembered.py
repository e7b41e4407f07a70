"""What a module remembers besides its parameters and buffers: plain attributes that hold tensors and counts."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


def memory_of(module: nn.Module) -> dict[str, Any]:
    """Parameters, buffers, and every attribute of the module and its parts that is a tensor, a list of them or a count.

    Returns:
        Name -> tensor or whole number; lists are told by their places, `name[0]`, `name[1]`.
    """
    memory: dict[str, Any] = {f"own.{name}": value for name, value in module.state_dict().items()}
    for path, part in module.named_modules():
        for name, value in vars(part).items():
            where = f"attribute.{path}.{name}"
            if _is_count(value) or isinstance(value, Tensor):
                memory[where] = value
            elif _is_tensors(value):
                memory |= {f"{where}[{place}]": tensor for place, tensor in enumerate(value)}
    return memory


def remind(module: nn.Module, memory: Mapping[str, Any]) -> None:
    """Bring back what `memory_of` gave, of a module made in the same way."""
    for key, value in memory.items():
        if key.startswith("own."):
            path, _, name = key.removeprefix("own.").rpartition(".")
            _put(module.get_submodule(path), name, value)
    for path, part in module.named_modules():
        prefix = f"attribute.{path}."
        lists: dict[str, dict[int, Tensor]] = {}
        for key, value in memory.items():
            name = key.removeprefix(prefix)
            if not key.startswith(prefix) or "." in name:
                continue
            if name.endswith("]"):
                name, _, place = name[:-1].partition("[")
                lists.setdefault(name, {})[int(place)] = value
            else:
                setattr(part, name, value)
        for name, tensors in lists.items():
            setattr(part, name, [tensors[place] for place in sorted(tensors)])


def _put(part: nn.Module, name: str, value: Tensor) -> None:
    """A parameter stays itself, for the optimizer that has it; a buffer may not have been there yet."""
    if name in part._parameters:
        getattr(part, name).data.copy_(value)
    else:
        setattr(part, name, value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_tensors(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Tensor) for entry in value)
