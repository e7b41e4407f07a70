"""`Versions`: a tensor that changes a few rows at a time, in place, and of which older versions stay readable."""

from torch import Tensor


class Versions:
    """One version of a tensor.

    Writing gives the next version and costs what is written, not the whole tensor: the newest version has the numbers,
    an older one knows what was different in it. Reading an older one copies the tensor once and takes the changes back.
    (Baker 1991, "Shallow binding makes functional arrays fast", https://doi.org/10.1145/122598.122614.)

    Args:
        tensor: (rows, ...) the numbers; nobody else may change them.
    """

    def __init__(self, tensor: Tensor) -> None:
        self._tensor: Tensor | None = tensor
        self._next: Versions | None = None
        self._at: Tensor | None = None
        self._was: Tensor | None = None

    @property
    def tensor(self) -> Tensor:
        """The numbers of this version, to be read before the next `write` and never changed."""
        if self._tensor is None:
            older: list[Versions] = []
            newest: Versions = self
            while newest._tensor is None:
                older.append(newest)
                assert newest._next is not None
                newest = newest._next
            tensor = newest._tensor.clone()
            for version in reversed(older):
                assert version._at is not None and version._was is not None
                tensor[version._at] = version._was
            self._tensor, self._next, self._was = tensor, None, None
        return self._tensor

    def write(self, at: Tensor, values: Tensor, *, was: Tensor | None = None) -> "Versions":
        """The next version, with `values` at some places.

        Args:
            at: rows, of any shape; what is twice among them has the same value each time.
            values: (*at.shape, ...) what stands there from now on.
            was: what stands there now, if the caller has just read it.
        """
        tensor = self.tensor
        self._was, self._at = tensor[at] if was is None else was, at
        tensor.index_put_((at,), values)
        self._tensor, self._next = None, Versions(tensor)
        return self._next
