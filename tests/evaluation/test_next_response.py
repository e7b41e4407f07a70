"""Next answers: a log small enough to count by hand, then what must hold of any."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data import Interactions
from kt_fewshot.evaluation import evaluate_next_response
from kt_fewshot.metrics import accuracy, auc, log_loss

# Two students; "bo" answers three, "ada" seven. The second answer of "ada" has two skills, her last has none.
LOG = Interactions.ordered(
    pl.DataFrame(
        {
            "student": ["ada"] * 7 + ["bo"] * 3,
            "skills": ["x", "x~~y", "y", "y", "x", "x", None, "z", "z", "x"],
            "correct": [0, 1, 1, 1, 0, 1, 1, 1, 1, 1],
        }
    )
)
PROBABILITY = np.array([0.3, 0.6, 0.7, 0.8, 0.7, 0.9, 0.5, 0.4, 0.6, 0.5])


def _evaluate(*, draws=20, **options):
    return evaluate_next_response(LOG, PROBABILITY, draws=draws, part_draws=20, **options)


def test_over_everything_one_answer_counts_once():
    results = _evaluate()
    correct = LOG.table["correct"].to_numpy()
    assert results.test["auc"].value == auc(PROBABILITY, correct)
    assert results.test["accuracy"].value == 0.8
    assert set(results.test) == {"auc", "accuracy", "rmse", "log_loss", "brier", "ece"}
    assert results.counts == {"answers": 10, "students": 2, "skills": 3}
    assert results.known == ()
    assert results.reference == {}


def test_an_answer_counts_for_each_of_its_skills():
    x, y, z = _evaluate().skills
    assert [(part.key, part.n, part.students) for part in (x, y, z)] == [("x", 5, 2), ("y", 3, 1), ("z", 2, 1)]
    assert (x.base_rate, y.base_rate) == (pytest.approx(3 / 5), 1.0)
    assert x.mean_predicted == pytest.approx((0.3 + 0.6 + 0.7 + 0.9 + 0.5) / 5)
    # x: right .6 .9 .5 against wrong .3 .7: three beat .3, one beats .7
    assert x.scores["auc"].value == pytest.approx(4 / 6)
    assert y.scores["auc"].reason == z.scores["auc"].reason == "every answer is right"
    assert np.isnan(y.scores["auc"].value)
    assert y.scores["log_loss"].value == pytest.approx(-np.log(0.6 * 0.7 * 0.8) / 3)


def test_positions_by_hand():
    found = {part.key: part for part in _evaluate().positions}
    assert {key: (part.n, part.students) for key, part in found.items()} == {
        "1": (2, 2),
        "2-5": (6, 2),
        "6-10": (2, 1),
    }
    assert found["1"].base_rate == 0.5
    assert found["1"].scores["auc"].value == 1.0
    assert found["6-10"].scores["auc"].reason == "every answer is right"


def test_positions_end_where_they_say():
    log = Interactions.ordered(pl.DataFrame({"student": ["a"] * 25, "correct": [0, 1] * 12 + [1]}))
    positions = evaluate_next_response(log, np.full(25, 0.5), draws=2, part_draws=2).positions
    assert [(part.key, part.n) for part in positions] == [
        ("1", 1),
        ("2-5", 4),
        ("6-10", 5),
        ("11-20", 10),
        ("21+", 5),
    ]


def test_answers_that_are_not_scored_count_only_as_history():
    scored = np.array([False] * 5 + [True, True] + [False, True, True])
    probability = np.where(scored, PROBABILITY, np.nan)
    results = evaluate_next_response(LOG, probability, scored=scored, draws=20, part_draws=20)
    assert results.counts == {"answers": 4, "students": 2, "skills": 2}
    assert [(part.key, part.n) for part in results.positions] == [("2-5", 2), ("6-10", 2)]
    assert [(part.key, part.n) for part in results.skills] == [("x", 2), ("z", 1)]
    assert results.test["log_loss"].value == pytest.approx(-np.log(0.9 * 0.5 * 0.6 * 0.5) / 4)


def test_known_and_unknown_questions():
    met = np.array([True] * 7 + [False] * 3)
    known, unknown = _evaluate(known=met).known
    assert (known.key, known.n, unknown.key, unknown.n) == ("known", 7, "unknown", 3)
    assert known.scores["auc"].value == auc(PROBABILITY[:7], LOG.table["correct"][:7])
    assert [part.key for part in _evaluate(known=np.ones(10, dtype=bool)).known] == ["known"]


def test_the_reference_foretells_the_mean():
    reference = _evaluate(mean=0.7).reference
    assert reference["auc"].value == 0.5
    assert reference["accuracy"].value == 0.8
    assert reference["log_loss"].value == pytest.approx(-(8 * np.log(0.7) + 2 * np.log(0.3)) / 10)
    assert reference["ece"].value == pytest.approx(0.1)


def test_by_how_many_training_answers_the_item_has():
    items = np.array([0, 1, 2, 9, 10, 49, 50, 199, 200, -1])
    results = _evaluate(item_answers=items)
    assert [(part.key, part.n) for part in results.items] == [
        *(("0-1", 2), ("2-9", 2), ("10-49", 2), ("50-199", 2), ("200+", 1))
    ]
    last = LOG.table["correct"][8] == (PROBABILITY[8] >= 0.5)
    assert results.items[-1].scores["accuracy"].value == float(last)
    table = results.table().filter(part="item", metric="accuracy")
    assert table["key"].to_list() == [part.key for part in results.items]
    read = type(results).from_json_dict(results.to_json_dict())
    assert [part.key for part in read.items] == [part.key for part in results.items]
    assert _evaluate().items == ()


def test_skills_are_left_out_where_nobody_wants_them():
    results = _evaluate(by_skill=False)
    assert results.skills == ()
    assert results.counts == _evaluate().counts
    assert results.test == _evaluate().test


def test_of_nothing_scored():
    results = _evaluate(scored=np.zeros(10, dtype=bool), mean=0.5)
    assert results.test["auc"].reason == "no answers"
    assert results.skills == results.positions == ()
    assert results.counts == {"answers": 0, "students": 0, "skills": 0}


@given(st.integers(0, 2**32 - 1))
def test_parts_are_the_metrics_of_their_answers(seed):
    generator = np.random.default_rng(seed)
    n = 80
    names = np.array(["a", "b", "a~~b", "b~~c", None], dtype=object)
    log = Interactions.ordered(
        pl.DataFrame(
            {
                "student": generator.integers(4, size=n).astype(str),
                "skills": list(names[generator.integers(5, size=n)]),
                "correct": generator.integers(2, size=n),
            }
        )
    )
    probability = generator.integers(11, size=n) / 10
    results = evaluate_next_response(log, probability, draws=3, part_draws=3, seed=seed)
    correct = log.table["correct"].to_numpy()
    for part in results.skills:
        mine = log.table["skills"].str.split("~~").list.contains(part.key).fill_null(value=False).to_numpy()
        assert part.n == mine.sum()
        for name, metric in (("auc", auc), ("accuracy", accuracy), ("log_loss", log_loss)):
            assert part.scores[name].value == pytest.approx(metric(probability[mine], correct[mine]), nan_ok=True)
    assert sum(part.n for part in results.positions) == n


def test_intervals_follow_the_seed():
    one, same, other = (_evaluate(draws=200, seed=seed).to_json_dict() for seed in (3, 3, 4))
    assert one == same
    assert one["test"]["ece"] != other["test"]["ece"]  # the others take three values only, with two students
    assert one["settings"] == {"draws": 200, "part_draws": 20, "seed": 3, "level": 0.95}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"probability": PROBABILITY[:3]},
            r"`probability` should hold one number for each of 10 answers. Found .*\(3,\)",
        ),
        ({"probability": PROBABILITY + 0.5}, r"in \[0, 1\]"),
        ({"probability": np.where(PROBABILITY > 0.5, np.nan, 0.5)}, "finite"),
        ({"scored": np.ones(10)}, "`scored` should hold one boolean for each of 10 answers. Found float64"),
        ({"known": np.ones(3, dtype=bool)}, "`known` should hold one boolean"),
        ({"item_answers": np.ones(3, dtype=int)}, "`item_answers` should hold one number"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        evaluate_next_response(LOG, **{"probability": PROBABILITY, "draws": 2, **options})
