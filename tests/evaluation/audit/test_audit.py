"""Clean data raise nothing; each planted leak is found, by its name."""

import json

import numpy as np
import polars as pl
import pytest
from _audited import CORRECT, honest_columns, kinds, records, simulated, so_far, whole_file

from kt_fewshot.data import Interactions, Vocabulary, by_student, encode
from kt_fewshot.evaluation.audit import audit
from kt_fewshot.storage import plain_json
from kt_fewshot.tracing import tracer_class

SIMULATORS = ("bkt", "irt", "dash")
FEW = {"draws": 20}


def foretold(simulator: str, tracer: str, *, seed: int = 0) -> tuple[Interactions, np.ndarray]:
    """A test log, and what a tracer says of it that learned from other students."""
    split = by_student(simulated(simulator, seed=seed, students=500), seed=seed)
    vocabulary = Vocabulary.of(split.train.interactions)
    train, valid, test = (encode(part.interactions, vocabulary) for part in (split.train, split.valid, split.test))
    model = tracer_class(tracer)(vocabulary, {})
    model.fit(train, valid)
    return split.test.interactions, model.predict_log(test).correct.double().numpy()


@pytest.fixture(scope="module")
def bkt() -> tuple[Interactions, np.ndarray]:
    """Honest predictions."""
    return foretold("bkt", "bkt")


def moved(probability: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Probabilities, their logits moved."""
    return 1 / (1 + np.exp(-(np.log(probability / (1 - probability)) + by)))


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize(("multi_skill", "seed"), [(0.0, 0), (0.3, 1)])
def test_a_clean_log_with_honest_columns_raises_nothing(simulator, multi_skill, seed):
    log = simulated(simulator, seed=seed, multi_skill=multi_skill)
    found = audit(records(log, **honest_columns(log)), **FEW)
    assert (found.kind, found.findings, found.verdict) == ("log", (), "No leak found.")


@pytest.mark.parametrize(
    ("simulator", "tracer"),
    [("bkt", "bkt"), ("bkt", "elo"), ("irt", "best-lr"), ("irt", "irt"), ("dash", "pfa"), ("dash", "skill-mean")],
)
def test_honest_predictions_raise_nothing(simulator, tracer):
    log, said = foretold(simulator, tracer, seed=1)
    hidden = {name: log.table[name] for name in ("hints", "attempts", "response_time")}
    found = audit(records(log, prediction=said, **hidden), **FEW)
    assert (found.kind, found.findings, found.untested) == ("predictions", (), ())


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("over", [("student",), ("student", "skills"), ("item",)])
def test_running_means_as_predictions_raise_nothing(simulator, over):
    log = simulated(simulator)
    assert kinds(audit(records(log, prediction=so_far(log, *over)), **FEW)) == []


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_planted_in_a_log_each_leak_is_found(simulator):
    log = simulated(simulator, seed=3)
    table, honest = log.table, honest_columns(log)
    planted = {
        "same-row-information": {"help": table["hints"]},
        "future": {"accuracy": so_far(log, "student", "skills", itself=True)},
        "target-encoding": {"difficulty": 1 - whole_file(log, "item", strength=10)},
    }
    for kind, column in planted.items():
        found = audit(records(log, **honest, **column), **FEW)
        assert kinds(found) == [kind]
        assert next(iter(column)) in found.findings[0].sentence
    part = pl.Series(np.where(np.arange(len(log)) % 5 == 0, "test", "train"))
    assert kinds(audit(records(log, split=part), **FEW)) == ["students-across-splits"]
    two = Interactions(table.with_columns(skills=pl.col("skills") + "~~other"))
    expanded = records(two, merged={row + len(log): row for row in table["row"]})
    assert kinds(audit(expanded, **FEW)) == ["expanded-skills"]


def test_predictions_that_know_hints_are_told_so(bkt):
    log, said = bkt
    hints = log.table["hints"].to_numpy()
    leaking = moved(said, -1.0 * (hints > 0))
    found = audit(records(log, prediction=leaking, help=hints), **FEW)
    assert kinds(found) == ["same-row-information"]
    assert found.leaks == 1
    assert "help" in found.findings[0].sentence
    assert kinds(audit(records(log, prediction=leaking), **FEW)) == ["future"]  # nobody says what they know it from


def test_predictions_that_know_their_answer_or_the_next_are_told_so(bkt):
    log, said = bkt
    own = log.table["correct"].to_numpy() - 0.5
    after = log.table.select(pl.col("correct").shift(-1).over("student").fill_null(0.5)).to_series().to_numpy() - 0.5
    for by, words in ((0.6 * own, "the answer they foretell"), (0.7 * after, "answers still to come")):
        (finding,) = audit(records(log, prediction=moved(said, by)), **FEW).findings
        assert (finding.kind, finding.severity) == ("future", "leak")
        assert words in finding.sentence


def test_predictions_shifted_by_one_are_told_so(bkt):
    log, said = bkt
    with_said = log.table.with_columns(said=pl.Series(said))
    late = with_said.select(pl.col("said").shift(-1).over("student", "skills").fill_null(pl.col("said"))).to_series()
    assert "future" in kinds(audit(records(log, prediction=late), **FEW))


@pytest.mark.parametrize("over", ["item", "student"])
def test_predictions_that_are_means_of_the_whole_file_are_told_so(bkt, over):
    log, _ = bkt
    found = audit(records(log, prediction=whole_file(log, over, strength=2)), **FEW)
    assert kinds(found) == ["target-encoding"]
    assert found.leaks == 1


def test_predictions_fitted_to_the_answers_they_foretell_are_told_so_and_folds_are_not():
    log = simulated("irt", students=300)
    table = log.table
    fold = (table["student"].rle_id() % 5).cast(pl.Int16).alias("fold")
    folded = Interactions(table.with_columns(fold))
    others = (pl.col("all") - pl.col("own")) / (pl.col("n") - pl.col("m"))
    left_out = (
        folded.table.with_columns(
            all=CORRECT.sum().over("item"),
            n=pl.len().over("item"),
            own=CORRECT.sum().over("item", "fold"),
            m=pl.len().over("item", "fold"),
        )
        .select(others)
        .to_series()
    )
    student = np.log(so_far(log, "student") / (1 - so_far(log, "student")))
    blend = moved(whole_file(log, "item"), 0.5 * (student - student.mean()))
    (risk,) = audit(records(log, prediction=blend), **FEW).findings
    assert (risk.kind, risk.severity) == ("target-encoding", "risk")
    assert "--fold" in risk.advice
    (leak,) = audit(records(folded, prediction=blend), **FEW).findings
    assert (leak.kind, leak.severity) == ("target-encoding", "leak")
    assert kinds(audit(records(log, prediction=left_out), **FEW)) == ["target-encoding"]  # a risk: no column says folds
    assert kinds(audit(records(folded, prediction=left_out), **FEW)) == []


def test_repeated_rows_that_are_foretold_too_well_are_a_leak(bkt):
    log, said = bkt
    two = Interactions(log.table.with_columns(skills=pl.col("skills") + "~~other"))
    last = int(log.table["row"].max())  # pyright: ignore[reportArgumentType]
    base = records(two, prediction=said, merged={row + last: row for row in log.table["row"]})
    merged = base.table["merged"].to_numpy()
    for repeated, severity in ((np.repeat(said, 2), "risk"), (0.1 + 0.8 * base.correct, "leak")):
        column = pl.Series("prediction", np.where(merged, repeated, np.repeat(said, 2)))
        found = audit(type(base)(base.table.with_columns(column), base.side), **FEW)
        assert [(one.kind, one.severity) for one in found.findings] == [("expanded-skills", severity)]
        assert found.scores.answers == len(log)


def test_predictions_that_nearly_are_the_answers_are_too_good(bkt):
    log, _ = bkt
    noise = np.random.default_rng(0).normal(size=len(log))
    found = audit(records(log, prediction=moved(np.full(len(log), 0.5), 5 * log.table["correct"] - 2.5 + noise)), **FEW)
    assert {"too-good", "future"} <= set(kinds(found))
    assert "suspiciously high" in next(one.sentence for one in found.findings if one.kind == "too-good")


def test_the_verdict_compares_with_the_best_trivial_model(bkt):
    log, said = bkt
    assert "beat the best trivial model" in audit(records(log, prediction=said), draws=200).verdict
    constant = audit(records(log, prediction=np.full(len(log), 0.6)), draws=200)
    assert "worse than a trivial model" in constant.verdict
    assert constant.untested == ()
    trivial = audit(records(log, prediction=so_far(log, "student", "skills", strength=5)), draws=200)
    assert "do not beat" in trivial.verdict or "worse" in trivial.verdict


def test_findings_survive_json_with_leaks_first(bkt):
    log, said = bkt
    found = audit(records(log, prediction=moved(said, 2.0 * log.table["correct"] - 1), help=log.table["hints"]), **FEW)
    assert [one.severity for one in found.findings] == sorted(one.severity for one in found.findings)
    told = json.loads(json.dumps(plain_json(found.to_dict()), allow_nan=False))
    assert told["leaks"] == found.leaks > 0
    assert {"kind", "severity", "rows", "share", "sentence", "example", "advice"} == set(told["findings"][0])
    assert told["scores"]["models"][0]["model"] == "predictions"


def test_hardly_any_data_is_no_reason_to_fail():
    for students in (1, 2, 5):
        log = simulated(students=students).where(pl.int_range(pl.len()) < 7)
        assert audit(records(log, **{"hints": log.table["hints"]}), **FEW).findings == ()
        found = audit(records(log, prediction=np.full(len(log), 0.5)), **FEW)
        assert found.findings == ()
        assert found.untested[0].startswith("Whether predictions know answers that they foretell")
