"""Results in, one offline HTML file out, for those who teach, those who do research, and those who pay for it."""

from .material import Material, SkillNumbers, Standing, Steps
from .report import report
from .suppression import FLOOR, withheld
from .wording import short

__all__ = ["FLOOR", "Material", "SkillNumbers", "Standing", "Steps", "report", "short", "withheld"]
