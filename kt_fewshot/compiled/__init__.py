"""What pays to be compiled, in C++, and how it is: at first use, by the machine's own compiler. Torch does without."""

from .build import SOURCES, library
from .kernel import Kernel

__all__ = ["SOURCES", "Kernel", "library"]
