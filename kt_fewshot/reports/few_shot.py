"""The few-shot report: how sure a method is of classes it has never seen, in words, pictures and curves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup

from kt_fewshot.metrics import Reliability

from .calibration import reliability_diagram
from .confusion_map import ConfusionMap, confusion_map
from .embedding_map import EmbeddingMap, embedding_map
from .episode_picture import MOST_CLASSES, MOST_QUERIES, episode_picture, letters
from .few_shot_material import FewShotMaterial
from .html_page import render
from .shots_curve import shots_curve
from .training_curve import TrainingCurve, training_curve
from .wording import between, counted, number, percent, percent_between, short

METHODS: Final = {
    "anil": ("ANIL", "gradient steps on the head alone, Raghu et al. 2020"),
    "baseline++": ("Baseline++", "a cosine classifier fitted to each task, Chen et al. 2019"),
    "fomaml": ("First-order MAML", "gradient steps, their own derivatives left out, Finn et al. 2017"),
    "logistic": ("Logistic head", "logistic regression on learned features, Bertinetto et al. 2019"),
    "maml": ("MAML", "gradient steps from a learned start, Finn et al. 2017"),
    "matchingnet": ("Matching network", "attention over the examples, Vinyals et al. 2016"),
    "meta-sgd": ("Meta-SGD", "gradient steps with learned rates, Li et al. 2017"),
    "proto-maml": ("ProtoMAML", "gradient steps from a prototype head, Triantafillou et al. 2020"),
    "protonet": ("Prototypical network", "nearest class mean, Snell et al. 2017"),
    "relationnet": ("Relation network", "a learned comparison, Sung et al. 2018"),
    "reptile": ("Reptile", "moving towards each task's weights, Nichol et al. 2018"),
    "ridge": ("Ridge head (R2-D2)", "ridge regression on learned features, Bertinetto et al. 2019"),
    "simpleshot": ("SimpleShot", "nearest centred class mean, Wang et al. 2019"),
    "soft-kmeans": ("Soft k-means", "prototypes refined by the queries, Ren et al. 2018"),
    "svm": ("SVM head (MetaOptNet)", "a support vector machine on learned features, Lee et al. 2019"),
}
"""Methods as people know them, and what they do; one that is missing is called by its name."""

MEASURES: Final = {
    "accuracy": ("Accuracy", "share of the queries that were named right"),
    "log_loss": ("Log-loss", "surprise at the true class, in nats; lower is better"),
    "ece": ("Calibration error", "mean gap between the chance it gave and how often it was right"),
}


@dataclass(frozen=True)
class FewShotPage:
    """Everything the template shows, already in words and figures."""

    title: str
    notes: tuple[str, ...]
    sentences: tuple[str, ...]
    measures: tuple[tuple[str, str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    picture: Markup | None
    picture_sentence: str
    shots: Markup | None
    shot_rows: tuple[tuple[str, str, str], ...]
    map: EmbeddingMap | None
    confusion: ConfusionMap
    crowd: int
    calibration: Markup
    bins: tuple[tuple[str, str, str], ...]
    training: TrainingCurve | None


def few_shot_report(material: FewShotMaterial) -> str:
    """The report as HTML; every name out of the data is escaped.

    Args:
        material: what is reported.
    """
    table = material.judged.reliability()
    page = FewShotPage(
        title=short(material.data, 80),
        notes=material.notes,
        sentences=tuple(_sentences(material)),
        measures=tuple(_measures(material)),
        facts=(_named(material.method), *material.facts),
        picture=episode_picture(material),
        picture_sentence=_picture_sentence(material),
        shots=shots_curve(material),
        shot_rows=tuple((str(k), percent(one.value, 1), percent_between(one, 1)) for k, one in material.shots),
        map=embedding_map(material),
        confusion=confusion_map(material),
        crowd=material.crowd,
        calibration=reliability_diagram(table, material.judged.confidence),
        bins=_bins(table),
        training=training_curve(material),
    )
    style = (Path(__file__).parent / "few_shot.css").read_text(encoding="utf-8")
    return render("few_shot.html.j2", page=page, style=style)


def _sentences(material: FewShotMaterial) -> list[str]:
    found, counts = material.results.test["accuracy"], material.results.counts
    shown = f"{counted(material.k_shot, 'example')} of each of {material.n_way} classes"
    lines = [
        f"Shown {shown} it had never met, it named the class of {percent(found.value, 1)} of new items right "
        f"(95 % interval {percent_between(found, 1)}); guessing is right in {percent(1 / material.n_way)}.",
        f"That was asked {counts.get('episodes', 0):,} times, each time of other classes and examples: "
        f"{counts.get('queries', 0):,} queries in all. Another {counts.get('episodes', 0):,} draws from the same "
        f"{len(material.names):,} test classes would give about the same: the interval says how nearly.",
    ]
    if material.transductive:
        lines.append(
            "The method is transductive: it looks at all queries of an episode at once, before it answers any. Do not "
            "compare it with methods that answer each query by itself."
        )
    return lines


def _measures(material: FewShotMaterial) -> list[tuple[str, str, str, str]]:
    rows = []
    for key, (name, meaning) in MEASURES.items():
        found = material.results.test.get(key)
        if found is None:
            continue
        shown = (percent(found.value, 2), percent_between(found, 2)) if key == "accuracy" else None
        rows.append((name, meaning, *(shown or (number(found.value), between(found)))))
    return rows


def _named(method: str) -> tuple[str, str]:
    name, meaning = METHODS.get(method, (short(method), ""))
    return "Method", f"{name}: {meaning}" if meaning else name


def _picture_sentence(material: FewShotMaterial) -> str:
    right = material.episode.right()
    line = f"{material.chosen} {int(right.sum())} of its {right.size} queries were named right."
    way, queries = right.shape
    if way > MOST_CLASSES or queries > MOST_QUERIES:
        line += (
            f" Drawn are the first {min(way, MOST_CLASSES)} classes and {min(queries, MOST_QUERIES)} queries of each."
        )
    return f"{line} The classes: {letters(material)}."


def _bins(table: Reliability) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (percent(p, 1), percent(o, 1), f"{n:,.0f}")
        for p, o, n in zip(table.predicted, table.observed, table.count, strict=True)
    )
