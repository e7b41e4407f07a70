"""How sure an estimate is, in plain words. The one place where that is said."""

from typing import Final

from .wording import counted

STEPS: Final = (
    (12, "a firm picture"),
    (6, "a fair picture"),
    (3, "a first impression"),
    (1, "hardly more than a guess"),
)
"""Answers on a skill from which on an estimate is called so; our own steps."""

UNTRIED: Final = "not tried yet, so this is what others' answers suggest"


def in_words(answers: int) -> str:
    """How much an estimate of a student's skill stands on.

    >>> in_words(4)
    'a first impression from 4 answers'

    Args:
        answers: of the student on the skill.
    """
    return next((f"{text} from {counted(answers, 'answer')}" for least, text in STEPS if answers >= least), UNTRIED)
