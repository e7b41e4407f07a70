"""Results in, one offline HTML file out, for those who teach, those who do research, and those who pay for it."""

from .class_curve import ClassCurve, class_picture
from .cold_start import cold_start
from .episode_picture import draw_episode
from .few_shot import few_shot_report
from .few_shot_material import FewShotMaterial, ShownEpisode, ShownFeatures
from .forest import comparison_table, forest
from .mastery_curve import MasteryCurve, mastery_picture
from .material import Material, SkillNumbers, Standing, Steps
from .picture import Picture
from .relations_map import RelationsPanel, relations_picture
from .report import report
from .student_heatmap import draw_student
from .suppression import FLOOR, withheld
from .tiles import Tiles
from .together import ADVICE, meaning_of_transfer
from .wording import short

__all__ = [
    "ADVICE",
    "FLOOR",
    "ClassCurve",
    "FewShotMaterial",
    "MasteryCurve",
    "Material",
    "Picture",
    "RelationsPanel",
    "ShownEpisode",
    "ShownFeatures",
    "SkillNumbers",
    "Standing",
    "Steps",
    "Tiles",
    "class_picture",
    "cold_start",
    "comparison_table",
    "draw_episode",
    "draw_student",
    "few_shot_report",
    "forest",
    "mastery_picture",
    "meaning_of_transfer",
    "relations_picture",
    "report",
    "short",
    "withheld",
]
