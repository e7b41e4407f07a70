"""Real logs give the numbers their publishers give; they are read where `KT_DATA` points.

Where the folder's own README.md counts otherwise, a comment says why.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kt_fewshot.data.readers import read_log
from kt_fewshot.errors import UnclearLogError

GERVET = ("preprocessed_data_train.tsv.gz", "preprocessed_data_test.tsv.gz")
LATER = "later attempt at the same step"


@dataclass(frozen=True)
class Known:
    """What a log holds: records, those that are no answers, students, skills, items."""

    files: tuple[str, ...]
    format: str
    records: int
    students: int
    skills: int
    items: int
    aside: dict[str, int] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    timed: bool = True


LOGS = {
    "assist2009/gervet": Known(
        tuple(f"assist2009/gervet/{part}" for part in GERVET), "generic", 278_336, 3_114, 149, 17_708, timed=False
    ),
    "assist2009/raw": Known(
        ("assist2009/raw_sample/pybkt_as_skills1_10.csv.gz",), "assistments2009", 10_791, 902, 2, 678, timed=False
    ),
    "assist2015/pykt": Known(
        ("assist2015/pykt/train_valid.csv.gz", "assist2015/pykt/test.csv.gz"),
        *("pykt", 682_797, 19_093, 100, 0),
        timed=False,
    ),
    "assist2015/akt": Known(
        tuple(f"assist2015/akt/assist2015_test{fold}.csv.gz" for fold in range(1, 6)),
        *("text-lines", 683_801, 19_840, 100, 0),
        timed=False,
    ),
    "assist2017/akt_pid": Known(
        tuple(f"assist2017/akt_pid/assist2017_pid_test{fold}.csv.gz" for fold in range(1, 6)),
        *("text-lines", 941_502, 1_705, 102, 3_162),
        timed=False,
    ),
    "statics2011/gervet": Known(
        tuple(f"statics2011/gervet/{part}" for part in GERVET), "generic", 189_297, 282, 98, 1_223, timed=False
    ),
    "statics2011/gervet, undivided": Known(
        ("statics2011/gervet/preprocessed_data.tsv.gz",), "generic", 189_297, 282, 98, 1_223, timed=False
    ),
    # README: 330 students. The whole file has three more, who are in no fold; students are numbered, as the file has
    # counts of answers where others have ids.
    "statics2011/akt": Known(("statics2011/akt/statics.csv.gz",), "text-lines", 189_297, 333, 1_223, 0, timed=False),
    "statics2011/akt, folds": Known(
        tuple(f"statics2011/akt/statics_test{fold}.csv.gz" for fold in range(1, 6)),
        *("text-lines", 186_642, 330, 1_223, 0),
        timed=False,
    ),
    "synthetic/piech": Known(
        ("synthetic/piech/naive_c5_q50_s4000_v0.csv.gz",),
        *("synthetic-matrix", 200_000, 4_000, 50, 50),
        options={"format": "synthetic-matrix"},
        timed=False,
    ),
    "synthetic/piech, concepts": Known(
        ("synthetic/piech/naive_c5_q50_s4000_v4.csv.gz",),
        *("synthetic-matrix", 200_000, 4_000, 5, 50),
        options={"format": "synthetic-matrix", "side": "synthetic/piech/naive_c5_q50_s4000_v4_info.txt.gz"},
        timed=False,
    ),
    "logicmuse": Known(
        ("logicmuse/rawData_kn.csv.gz",),
        *("logicmuse", 14_112, 294, 16, 48),
        options={"format": "logicmuse"},
        timed=False,
    ),
    # README: 175 students in 24,556 events. 9 of them have no answer that counts, only hints and scaffolds.
    "oatutor": Known(
        ("oatutor/OATDataFull.csv.gz",),
        *("oatutor", 24_556, 166, 155, 1_444),
        aside={"hint request": 9_397, LATER: 5_358, "scaffolding question": 3_920},
    ),
    "algebra05": Known(
        ("algebra05/raw_sample/algebra_2005_2006_master_testrows.tsv.gz",), "kdd-cup", 3_967, 575, 98, 3_239
    ),
    "algebra06": Known(
        ("algebra06/raw_sample/algebra_2006_2007_first18k_steps.tsv.gz",), "kdd-cup", 18_220, 11, 184, 12_559
    ),
    # README: 58,316 rows, of which 3,194 are study trials.
    "ds5513": Known(
        ("datashop/ds5513_lkt_largerawsample.csv.xz",),
        *("datashop", 58_316, 478, 144, 792),
        aside={"study trial": 3_194},
    ),
    "ds1465": Known(("datashop/ds1465_tx_short.tsv.gz",), "datashop", 2_074, 17, 143, 507, aside={"study trial": 133}),
    "ds6224": Known(
        ("datashop/ds6224_tx.tsv.gz",),
        *("datashop", 5_553, 15, 42, 324),
        aside={LATER: 310, "no outcome": 213, "hint request": 7},
    ),
    "ds96": Known(("datashop/ds96_tx.tsv.gz",), "datashop", 1_873, 7, 20, 253, aside={LATER: 743, "hint request": 118}),
    "ds76": Known(
        ("datashop/ds76_geometry_tx.tsv.gz",),
        *("datashop", 492, 7, 15, 128),
        aside={LATER: 141},
        options={"kc": "Original"},
    ),
    "ds2846": Known(
        ("datashop/ds2846_tx_test.tsv.gz",),
        *("datashop", 2_612, 16, 5, 78),
        aside={"no outcome": 620, LATER: 123, "hint request": 4},
        options={"kc": "e_learning_dp-1_1"},
    ),
    "ds1, steps": Known(("datashop/ds1_student_step.tsv.gz",), "datashop-steps", 9_999, 15, 7, 948),
    "ds76, steps": Known(
        ("datashop/ds76_geometry_student_step.tsv.gz",),
        *("datashop-steps", 230, 4, 15, 113),
        options={"kc": "Original"},
    ),
    "ds96, steps": Known(("datashop/ds96_student_step.tsv.gz",), "datashop-steps", 951, 7, 20, 253),
}
"""Every raw log of the folder. README counts students, answers and skills of most; they are the same here."""


@pytest.mark.slow
@pytest.mark.parametrize("name", LOGS)
def test_what_a_log_holds(kt_data: Path, name: str):
    known = LOGS[name]
    options = dict(known.options)
    if "side" in options:
        options["side"] = [kt_data / options["side"]]
    log = read_log([kt_data / file for file in known.files], **options)
    told, answers = log.ingest, log.interactions
    assert told.format == known.format
    assert (told.rows_read, told.set_aside) == (known.records, known.aside)
    assert (told.merged, told.n_rejected) == (0, 0)
    assert told.kept == len(answers) == known.records - sum(known.aside.values())
    assert answers.n_students == known.students
    assert len(answers.skill_names()) == known.skills
    assert answers.table["item"].drop_nulls().n_unique() == known.items
    assert answers.has("time") == known.timed


@pytest.mark.parametrize("version", range(5))
def test_every_version_of_synthetic_5(kt_data: Path, version: int):
    log = read_log(kt_data / f"synthetic/piech/naive_c5_q50_s4000_v{version}.csv.gz", format="synthetic-matrix")
    assert (log.ingest.kept, log.ingest.rows_read) == (200_000, 200_000)


@pytest.mark.parametrize(("fold", "answers"), [*enumerate((107_212, 106_710, 116_821, 121_654, 120_804), 1)])
def test_every_train_part_of_statics(kt_data: Path, fold: int, answers: int):
    log = read_log(kt_data / f"statics2011/akt/statics_train{fold}.csv.gz")
    assert (log.interactions.n_students, len(log.interactions)) == (201, answers)


def test_no_raw_file_is_left_out(kt_data: Path):
    read = {file for known in LOGS.values() for file in known.files}
    read |= {f"synthetic/piech/naive_c5_q50_s4000_v{version}.csv.gz" for version in range(5)}
    read |= {f"statics2011/akt/statics_train{fold}.csv.gz" for fold in range(1, 6)}
    logs = {str(path.relative_to(kt_data)) for pattern in ("*.csv.*", "*.tsv.*") for path in kt_data.rglob(pattern)}
    assert logs == read


@pytest.mark.parametrize(
    "name", ["ds2846_tx_test.tsv.gz", "ds76_geometry_tx.tsv.gz", "ds76_geometry_student_step.tsv.gz"]
)
def test_several_skill_models_are_a_question_to_the_user(kt_data: Path, name: str):
    with pytest.raises(UnclearLogError, match=f"{name} has several skill models: .* Choose one: --kc "):
        read_log(kt_data / "datashop" / name)


def test_folds_come_along(kt_data: Path):
    table = read_log(kt_data / "assist2015/pykt/train_valid.csv.gz").interactions.table
    assert sorted(table["fold"].unique().to_list()) == [0, 1, 2, 3, 4]
