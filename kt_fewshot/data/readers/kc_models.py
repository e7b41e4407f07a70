"""Skill models of DataShop exports: columns `KC (model)`, one or several of each, and which of them to take."""

import re
from typing import Final

from kt_fewshot.errors import LogError, UnclearLogError

from .sniff import Peek

MODEL: Final = re.compile(r"KC ?\((?P<plain>.+)\)(\.\d+)?\Z|KC\.{1,2}(?!ategory)(?P<mangled>.+?)\.(\.?\d+)?\Z")
"""As exported, and as R (dots for all but letters and digits) or pandas (a number for repeated names) rename it."""

GENERATED: Final = frozenset({"singlekc", "uniquestep", "itemmodel", "item"})
"""Models that DataShop adds to every data set; they are chosen only by name, or where there are no others."""

DEFAULT: Final = "default"


def kc_columns(peek: Peek) -> dict[str, tuple[str, ...]]:
    """Model -> the names of its columns, in the order of the file."""
    found: dict[str, list[str]] = {}
    for column in peek.header:
        match = MODEL.match(column)
        if match and not column.startswith("KC.Category"):
            found.setdefault(match["plain"] or match["mangled"], []).append(column)
    return {model: tuple(dict.fromkeys(columns)) for model, columns in found.items()}


def choose_model(peek: Peek, kc: str | None) -> tuple[tuple[str, ...], str]:
    """The columns of the model to take, and in words which one it is; no columns and no words if there is no model.

    Without the user's word: the only model (besides those DataShop generates), else the one called Default.

    Raises:
        LogError: if there is no such model, or several could be meant; the message names them.
    """
    models = kc_columns(peek)
    if kc is not None:
        wanted = [model for model in models if kc in (model, *models[model])] or [
            model for model in models if _bare(model) == _bare(kc)
        ]
        if len(wanted) != 1:
            names = _few(list(models), 100) or "none, it has no model"
            raise LogError(f"{peek.name} has no skill model '{kc}'. Choose one of: {names}.")
        return models[wanted[0]], ""
    real = [model for model in models if _bare(model) not in GENERATED] or list(models)
    default = [model for model in real if _bare(model) == DEFAULT]
    if len(real) > 1 and not default:
        question = f"{peek.name} has several skill models: {_few(real, 30)}."
        raise UnclearLogError(question, "Choose one", ("--kc", real[0]))
    if not real:
        return (), ""
    model = (default or real)[0]
    others = [name for name in models if name != model]
    return models[model], f"skills of model {model}" + (f" (others: {_few(others, 8)})" if others else "")


def _bare(model: str) -> str:
    """A model's name without case and punctuation, which renaming may have changed."""
    return re.sub(r"[\W_]+", "", model.lower())


def _few(names: list[str], most: int) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
