"""Histories end to end, and what stands where."""

import torch

from _asserts import random_log
from kt_fewshot.data import Vocabulary, encode
from kt_fewshot.data.line import Line


def test_on_paper():
    line = Line(first=torch.tensor([7, 0, 4]), begins=torch.tensor([0, 2, 6]))  # of 2, 4 and 3 answers
    index, begins = line.at(torch.tensor([[0, 1, 2], [5, 6, 8]]))
    assert index.tolist() == [[7, 8, 0], [3, 4, 6]]
    assert begins.tolist() == [[True, False, True], [False, True, False]]


def test_the_whole_line_is_every_history_in_the_order_asked_for():
    log = random_log(11, seed=3)
    store = encode(log, Vocabulary.of(log))
    order = torch.randperm(store.n_students, generator=torch.Generator().manual_seed(0))
    index, begins = Line.of(store, order).at(torch.arange(len(store)))
    assert torch.equal(store.student()[index].unique_consecutive(), order)
    assert torch.equal(index[begins], store.starts[order])
    assert index.sort().values.tolist() == list(range(len(store)))
