"""What both sides of `speed.py` read, written once a log: `python benchmarks/speed_data.py LOG FOLDER`.

Our stores and a vocabulary; pyKT's padded windows of the same answers; and weights of the paper's model, trained for
two epochs, the same function on both sides.
"""

import os
import pickle
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kt_fewshot.data import SequenceStore, SkillSets, Vocabulary, mean_over_skills
from kt_fewshot.encoders import LSTM
from kt_fewshot.recipes.study import Study
from kt_fewshot.recipes.train_dkt import TrainSettings
from kt_fewshot.tracing import DKT
from kt_fewshot.tracing.dkt.parts import AnswerReader

WINDOW, SHORTEST = 200, 3
"""pyKT cuts histories into windows of so many answers, and drops a window of fewer than so many."""

PLAIN = {"plain": True, "seed": 0}


def log_settings(name: str, fold: int = 0) -> dict[str, Any]:
    """Where a log is, as a training's settings say it."""
    data = Path(os.environ["KT_DATA"])
    if name == "assist2015":
        logs = [data / "assist2015/pykt/train_valid.csv.gz", data / "assist2015/pykt/test.csv.gz"]
        return {"log": logs, "valid_fold": fold}
    folder = data / name / "gervet"
    train, test = folder / "preprocessed_data_train.tsv.gz", folder / "preprocessed_data_test.tsv.gz"
    return {"log": [train], "test": test}


def prepare(name: str, folder: Path) -> None:
    """Read a log and write what both sides need."""
    settings = TrainSettings.assemble(None, {"data": log_settings(name)})
    study = Study.of(settings.data.load(), min_item_answers=settings.min_item_answers)
    tracer = DKT(study.vocabulary, {**PLAIN, "epochs": 2})
    tracer.fit(study.train, study.valid)
    for part, store in (("train", study.train), ("test", study.test)):
        index = windows(store)
        store.save(folder / part)
        as_histories(store, index).save(folder / f"{part}-windows")
        torch.save(padded(store, index), folder / f"{part}.pt")
        torch.save(their_weights(tracer, store.sets), folder / f"{part}-weights.pt")
    torch.save(sliding(study.test), folder / "test-sliding.pt")
    torch.save(tracer.network.state_dict(), folder / "weights.pt")
    (folder / "vocabulary.pickle").write_bytes(pickle.dumps(study.vocabulary))


def vocabulary_of(folder: Path) -> Vocabulary:
    """The vocabulary that `prepare` wrote."""
    return pickle.loads((folder / "vocabulary.pickle").read_bytes())


def windows(store: SequenceStore) -> Tensor:
    """(windows, WINDOW) positions in the store, -1 behind the end: histories cut as pyKT cuts them."""
    rows = []
    for first, last in zip(store.starts[:-1].tolist(), store.starts[1:].tolist(), strict=True):
        for begin in range(first, last, WINDOW):
            end = min(begin + WINDOW, last)
            if end - begin >= SHORTEST:
                rows.append(torch.cat([torch.arange(begin, end), torch.full((WINDOW - end + begin,), -1)]))
    return torch.stack(rows)


def sliding(store: SequenceStore) -> dict[str, Tensor]:
    """Windows that end at each answer past the first WINDOW ones, which alone is scored; pyKT's second evaluation."""
    position = store.position()
    late = (position >= WINDOW).nonzero().flatten()
    early = store.starts[:-1, None] + torch.arange(WINDOW)
    early = torch.where(early < store.starts[1:, None], early, -1)
    index = torch.cat([early, late[:, None] + torch.arange(1 - WINDOW, 1)])
    columns = padded(store, index)
    columns["select"] = index[:, 1:] >= 0
    columns["select"][store.n_students :, :-1] = False
    return columns


def padded(store: SequenceStore, index: Tensor) -> dict[str, Tensor]:
    """The same as pyKT has them; a set of skills is one concept."""
    there, at = index >= 0, index.clamp(min=0)
    return {
        "concepts": torch.where(there, store.skill_set[at].long(), -1),
        "responses": torch.where(there, store.correct[at].float(), -1.0),
    }


def as_histories(store: SequenceStore, index: Tensor) -> SequenceStore:
    """A store in which each window is a student of its own; its first answer is not scored, as pyKT has it."""
    kept = index[index >= 0]
    columns = ("skill_set", "item", "correct", "scored", "question", "behaviour", "ahead", "time")
    found = {name: getattr(store, name)[kept].clone() for name in columns}
    starts = torch.cat([torch.zeros(1, dtype=torch.long), (index >= 0).sum(1).cumsum(0)])
    found["scored"][starts[:-1]] = False
    return replace(store, starts=starts, **found)


@torch.no_grad()
def their_weights(tracer: DKT, sets: SkillSets) -> dict[str, Tensor]:
    """A plain tracer of ours as the weights of `PeerDKT`, for a store's sets of skills."""
    network = tracer.network
    reader = next(part for part in network.modules() if isinstance(part, AnswerReader))
    lstm = next(part for part in network.modules() if isinstance(part, LSTM))
    return {
        "interaction.weight": mean_over_skills(reader.answer, sets).transpose(0, 1).flatten(0, 1),
        "lstm.weight_ih_l0": _their_order(reader.project.weight),
        "lstm.bias_ih_l0": _their_order(reader.project.bias),
        "lstm.weight_hh_l0": _their_order(lstm.weight),
        "lstm.bias_hh_l0": torch.zeros(len(lstm.weight)),
        "output.weight": mean_over_skills(network.correct.skill.weight, sets),
        "output.bias": mean_over_skills(network.correct.skill.bias, sets),
    }


def _their_order(blocks: Tensor) -> Tensor:
    """torch has the cell's candidate before the output gate."""
    i, f, o, g = blocks.chunk(4)
    return torch.cat([i, f, g, o])


if __name__ == "__main__":
    prepare(sys.argv[1], Path(sys.argv[2]))
