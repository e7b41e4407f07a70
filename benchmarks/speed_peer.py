"""The loop that this field's toolkit runs, written again to be measured: pyKT's plain DKT. One side of `speed.py`.

What costs time there is kept: every window is padded to 200 answers; a window is a dictionary of tensors that is put
together again for each batch; all skills' outputs go through a sigmoid and the one that was asked about is taken by a
product with a one-hot vector; the loss is computed in double precision (Liu et al. 2022,
https://arxiv.org/abs/2206.11460).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import accuracy_score, roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, one_hot
from torch.utils.data import DataLoader, Dataset

BATCH = 256
"""pyKT's batch for this model."""

STEPS = 2
"""Batches a turn."""


class Peer:
    """pyKT's side of a row.

    Args:
        kind: what is measured.
        folder: what `speed_data.py` wrote.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        self.evaluates = kind.startswith("evaluation")
        part = "test" if self.evaluates else "train"
        weights = torch.load(folder / f"{part}-weights.pt")
        self.model = PeerDKT(len(weights["output.bias"]))
        self.model.load_state_dict(weights)
        windows = "test-sliding" if kind.endswith("sliding") else part
        self.windows = PaddedWindows(torch.load(folder / f"{windows}.pt"))
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3)
        self.batches = self._batches()

    @torch.no_grad()
    def equal(self) -> dict[str, float]:
        """What both sides should agree on: the loss of the first windows, or the AUC of all."""
        self.model.eval()
        if self.evaluates:
            return {"auc": self._evaluate()}
        return {"loss": float(self._loss(next(iter(DataLoader(self.windows, batch_size=BATCH)))))}

    def turn(self) -> int:
        """Do some work; how many answers it was about."""
        if not self.evaluates:
            return self._steps()
        self._evaluate()
        return int(self.windows.select.sum())

    def _steps(self) -> int:
        self.model.train()
        answers, losses = 0, []
        for _ in range(STEPS):
            batch = next(self.batches)
            loss = self._loss(batch)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach().numpy())
            answers += int(batch["select"].sum()) + len(batch["select"])
        return answers

    @torch.no_grad()
    def _evaluate(self) -> float:
        self.model.eval()
        found, told = [], []
        for batch in DataLoader(self.windows, batch_size=BATCH, shuffle=False):
            found.append(torch.masked_select(self._asked(batch), batch["select"]).numpy())
            told.append(torch.masked_select(batch["next_responses"], batch["select"]).numpy())
        p, correct = np.concatenate(found), np.concatenate(told)
        accuracy_score(correct, p >= 0.5)
        return float(roc_auc_score(correct, p))

    def _batches(self) -> Iterator[dict[str, Tensor]]:
        while True:
            yield from DataLoader(self.windows, batch_size=BATCH, shuffle=True)

    def _asked(self, batch: dict[str, Tensor]) -> Tensor:
        every = self.model(batch["concepts"].long(), batch["responses"].long())
        return (every * one_hot(batch["next_concepts"].long(), self.model.concepts)).sum(-1)

    def _loss(self, batch: dict[str, Tensor]) -> Tensor:
        p = torch.masked_select(self._asked(batch), batch["select"])
        correct = torch.masked_select(batch["next_responses"], batch["select"])
        return binary_cross_entropy(p.double(), correct.double())


class PeerDKT(nn.Module):
    """The paper's model: Embedding(2C, 200), LSTM, dropout, Linear(200, C), sigmoid."""

    def __init__(self, concepts: int, width: int = 200, dropout: float = 0.2) -> None:
        super().__init__()
        self.concepts = concepts
        self.interaction = nn.Embedding(2 * concepts, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width, concepts)

    def forward(self, concept: Tensor, response: Tensor) -> Tensor:
        """P(correct) of every concept after each answer."""
        hidden, _ = self.lstm(self.interaction(concept + self.concepts * response))
        return torch.sigmoid(self.output(self.dropout(hidden)))


class PaddedWindows(Dataset):
    """Windows as padded tensors; one item is a dictionary."""

    def __init__(self, columns: dict[str, Tensor]) -> None:
        self.concepts, self.responses = columns["concepts"], columns["responses"]
        self.masks = (self.concepts[:, :-1] != -1) & (self.concepts[:, 1:] != -1)
        self.select = columns.get("select", self.concepts[:, 1:] != -1)

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.masks)

    def __getitem__(self, k: int) -> dict[str, Tensor]:
        """One window and the same, one answer on."""
        mask = self.masks[k]
        return {
            "concepts": self.concepts[k][:-1] * mask,
            "responses": self.responses[k][:-1] * mask,
            "next_concepts": self.concepts[k][1:] * mask,
            "next_responses": self.responses[k][1:] * mask,
            "masks": mask,
            "select": self.select[k],
        }
