"""`Registry`: classes by the names that users call them, each loaded when it is asked for."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar, final

from kt_fewshot.errors import KTError

T = TypeVar("T")


@final
class Registry(Mapping[str, str], Generic[T]):
    """Name -> `file:Class` in one folder.

    Args:
        face: the `__name__` of the folder.
        kind: what they are, in the singular, for messages: "tracer".
        classes: name -> `file:Class`.
    """

    def __init__(self, face: str, kind: str, classes: Mapping[str, str]) -> None:
        self._face, self._kind, self._classes = face, kind, dict(classes)

    def __getitem__(self, name: str) -> str:
        """Where a class is."""
        return self._classes[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._classes)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._classes)

    def load(self, name: str) -> type[T]:
        """The class of a name.

        Raises:
            KTError: if there is none; the message lists all names.
        """
        if name not in self._classes:
            raise KTError(f"Unknown {self._kind} '{name}'. Choose one of: {', '.join(sorted(self._classes))}.")
        file, _, cls = self._classes[name].partition(":")
        return getattr(import_module(f".{file}", self._face), cls)

    def files(self) -> dict[str, list[str]]:
        """File -> its classes, as `faces.load_later` wants them."""
        found: dict[str, list[str]] = {}
        for place in self._classes.values():
            file, _, cls = place.partition(":")
            found.setdefault(file, []).append(cls)
        return found
