"""Templates to pages: one HTML file that needs nothing else, for screens, paper and screen readers."""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

FOLDER: Final = Path(__file__).parent

SHEETS: Final = ("colours.css", "style.css", "figures.css")
"""What all pages share; a picture that stands alone has the first and the last."""


def render(template: str, *, style: str = "", **values: Any) -> str:
    """A template of this folder filled in; every text is escaped unless it is `Markup`.

    Args:
        template: its file's name.
        style: more style sheet, after the one that all pages share.
        values: what the template shows.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared = "".join((FOLDER / sheet).read_text(encoding="utf-8") for sheet in SHEETS)
    return environment.get_template(template).render(style=Markup(shared + style), **values)
