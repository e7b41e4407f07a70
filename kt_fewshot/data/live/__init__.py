"""Students who are here now: what they are asked, how they answer, and histories that grow with it."""

from .history import LiveHistory
from .question import Answer, Question

__all__ = ["Answer", "LiveHistory", "Question"]
