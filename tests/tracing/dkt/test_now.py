"""What is made of the rows of questions: the same in compiled code as in torch, and as on paper."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from _asserts import random_log
from kt_fewshot.data import Answer, Question, SkillSets, Vocabulary, encode
from kt_fewshot.data.live import fast as live_fast
from kt_fewshot.encoders import lstm_fast
from kt_fewshot.tracing import DKT
from kt_fewshot.tracing.dkt import now_fast, now_torch
from kt_fewshot.tracing.dkt.now_tables import Affine, Rows, TwoLogits

needs_compiler = pytest.mark.skipif(not now_fast.KERNEL.is_there(), reason="there is no C++ compiler")

SKILLS, ITEMS = 7, 5
SEEDS, QUESTIONS = st.integers(0, 999), st.tuples(st.integers(1, 15), st.integers(1, 4))


def rows_of(n: int, columns: int, *, items: bool, generator: torch.Generator) -> Rows:
    """Questions on 1 to `columns` skills."""
    members = torch.stack([torch.randperm(SKILLS, generator=generator)[:columns] for _ in range(n)])
    sizes = torch.randint(1, columns + 1, (n, 1), generator=generator)
    members = members.masked_fill(torch.arange(columns) >= sizes, -1)
    item = torch.randint(ITEMS, (n,), generator=generator)
    question = Question(SkillSets(members), item, torch.zeros(n, dtype=torch.float64))
    return Rows(question, SKILLS, items)


def affine_of(rows: int, factors: int, outputs: int, extra: int, generator: torch.Generator) -> Affine:
    shapes = [(rows, extra + outputs), (factors, outputs), (outputs,)]
    return Affine(*(torch.randn(*shape, generator=generator) for shape in shapes))


def test_rows_on_paper():
    table = torch.arange(6.0)[:, None] ** 2  # skills 0 to 3, items 0 and 1
    question = Question(SkillSets(torch.tensor([[0, 2], [3, -1]])), torch.tensor([1, 0]), torch.zeros(2))
    assert Rows(question, 4, items=True).sum(table).tolist() == [[(0 + 4) / 2 + 25], [9 + 16]]
    assert Rows(question, 4, items=False).sum(table).tolist() == [[2], [9]]
    twice = torch.arange(12.0)[:, None]
    assert Rows(question, 4, items=True).sum(twice, torch.tensor([1, 0])).tolist() == [[(1 + 5) / 2 + 11], [6 + 8]]


@needs_compiler
@settings(max_examples=60, deadline=None)
@given(SEEDS, QUESTIONS, st.booleans(), st.integers(0, 20), st.integers(1, 150))
def test_reading_is_the_same_both_ways(seed: int, size: tuple[int, int], items: bool, factors: int, outputs: int):
    generator = torch.Generator().manual_seed(seed)
    rows = rows_of(*size, items=items, generator=generator)
    affine = affine_of(2 * (SKILLS + ITEMS), factors, outputs, 0, generator)
    x, correct = torch.randn(size[0], factors, generator=generator), torch.randint(2, size[:1], generator=generator)
    found, expected = (way.read(affine, rows, x, correct) for way in (now_fast, now_torch))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@needs_compiler
@settings(max_examples=60, deadline=None)
@given(SEEDS, QUESTIONS, st.booleans(), st.integers(1, 40), st.integers(0, 90))
def test_asking_is_the_same_both_ways(seed: int, size: tuple[int, int], items: bool, width: int, units: int):
    generator = torch.Generator().manual_seed(seed)
    rows = rows_of(*size, items=items, generator=generator)
    inner = affine_of(SKILLS + ITEMS, width + 3, 2 + units, width, generator)
    heads = TwoLogits(inner, torch.randn(2, units, generator=generator), torch.randn(2, generator=generator))
    x = torch.randn(size[0], width + 3, generator=generator)
    found, expected = (way.ask(heads, rows, x, x[:, :width]) for way in (now_fast, now_torch))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)


@needs_compiler
def test_what_is_in_no_table_is_refused():
    generator = torch.Generator().manual_seed(0)
    affine, x = affine_of(2 * (SKILLS + ITEMS), 3, 4, 0, generator), torch.zeros(2, 3)
    for skill, item in ((SKILLS, 0), (1, ITEMS), (1, -1)):
        members = torch.tensor([[1], [skill]])
        question = Question(SkillSets(members), torch.tensor([0, item]), torch.zeros(2))
        with pytest.raises(IndexError, match="Question 1 is on a skill or an item"):
            now_fast.read(affine, Rows(question, SKILLS, True), x, torch.tensor([0, 1]))


@needs_compiler
def test_too_few_answers_are_refused():
    generator = torch.Generator().manual_seed(0)
    rows, affine = rows_of(3, 1, items=True, generator=generator), affine_of(2 * (SKILLS + ITEMS), 3, 4, 0, generator)
    with pytest.raises(RuntimeError, match="expand"):
        now_fast.read(affine, rows, torch.zeros(3, 3), torch.tensor([0, 1]))
    with pytest.raises(RuntimeError, match="expand"):
        now_fast.read(affine, rows, torch.zeros(4, 3), torch.tensor([0, 1, 0, 1]))


@pytest.mark.parametrize("options", [{}, {"plain": True}, {"sharing": "soft"}, {"tasks": ("mastery",)}])
def test_a_tracer_says_the_same_both_ways(options: dict[str, object], monkeypatch: pytest.MonkeyPatch):
    log = random_log(6, seed=4)
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    store, tracer = encode(log, vocabulary), DKT(vocabulary, {"hidden": 20, "head_hidden": 9, **options})
    with torch.no_grad():
        for weight in tracer.parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(weight.numel()))
    said = []
    for compiled in (True, False):
        if not compiled:
            monkeypatch.setattr(now_fast, "serves", lambda *_: False)
            monkeypatch.setattr(live_fast, "serves", lambda *_: False)
            monkeypatch.setattr(lstm_fast, "serves_step", lambda *_: False)
        state = tracer.start(store.n_students)
        for place in range(int(store.lengths.min())):
            at = store.starts[:-1] + place
            question = Question.of_rows(store, at)
            said += [*tracer.predict(state, question)]
            state = tracer.update(state, question, Answer(store.correct[at], store.behaviour[at]))
    half = len(said) // 2
    for one, other in zip(said[:half], said[half:], strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
