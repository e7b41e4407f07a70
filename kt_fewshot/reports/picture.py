"""`Picture`: a drawing that stands alone, in a notebook, in a document or in a file."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from markupsafe import escape

from kt_fewshot.errors import StorageError
from kt_fewshot.storage import write_text

from .drawing import Drawing
from .html_page import FOLDER

PADDING: Final = 22
HEADING: Final = 34
"""Pixels of a heading above a drawing."""

FONT: Final = 'svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }'


@dataclass(frozen=True)
class Picture:
    """An SVG image with its own colours and its own ground, light or dark as the reader has it.

    A notebook shows it as the value of a cell. It is an image there, so its style touches nothing else.

    - `svg`: the whole file's text; `words`: what is to be seen in it, for those who cannot; `width`: in pixels.
    """

    svg: str
    words: str
    width: int

    @classmethod
    def of(cls, drawing: Drawing, *, heading: str = "") -> Self:
        """A drawing on a card, the style sheet within.

        Args:
            drawing: what is to be seen.
            heading: stands above a drawing that has none of its own.
        """
        style = "".join((FOLDER / sheet).read_text(encoding="utf-8") for sheet in ("colours.css", "figures.css"))
        top = PADDING + (HEADING if heading else 0)
        width, height = round(drawing.width) + 2 * PADDING, round(drawing.height) + top + PADDING
        above = f'<text class="heading" x="0" y="{10 - HEADING}">{escape(heading)}</text>' if heading else ""
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" '
            f'viewBox="{-PADDING} {-top} {width} {height}" aria-labelledby="title words">'
            f'<title id="title">{escape(drawing.title)}</title><desc id="words">{escape(drawing.description)}</desc>'
            f"<style>{style}{FONT}</style>"
            f'<rect class="paper" x="{-PADDING}" y="{-top}" width="{width}" height="{height}" rx="10"/>'
            f"{above}{''.join(drawing.shapes)}</svg>\n"
        )
        return cls(svg, f"{drawing.title}. {drawing.description}", width)

    def save(self, path: str | Path) -> Path:
        """Write it as a file that needs no other: `.svg`, or a page, `.html`.

        Raises:
            StorageError: if the name ends otherwise, or the file cannot be written.
        """
        path = Path(path)
        if path.suffix not in {".svg", ".html"}:
            raise StorageError(f"A picture is saved as .svg or .html. Found '{path.name}'.")
        write_text(path, self.svg if path.suffix == ".svg" else self._page())
        return path

    def _repr_html_(self) -> str:
        data = b64encode(self.svg.encode()).decode()
        return (
            f'<img alt="{escape(self.words)}" width="{self.width}" style="max-width: 100%; height: auto" '
            f'src="data:image/svg+xml;base64,{data}">'
        )

    def _page(self) -> str:
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="color-scheme" content="light dark">'
            f"<title>{escape(self.words.split('. ')[0])}</title></head><body>\n{self.svg}</body></html>\n"
        )
