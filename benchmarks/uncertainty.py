"""Measure intervals of P(correct): `python benchmarks/uncertainty.py [bkt irt dash] [--seeds 0 1] [--keep FOLDER]`.

Simulated students: 1,500 to train, 300 to validate, 500 to test, 60 answers each, 10 skills, answers and times only
(with behaviour the forward filter would not be the best possible). Before every answer of the test students an interval
of nominally 95 % is given for P(correct) of a question on the practised skill, whichever item, and compared with:

- `bkt`: P(correct) of the forward filter with the true parameters, the ideal observer's own mean;
- `irt`, `dash`: the student's true chance, the mean over the skill's items.

An interval may be shown if it covers 90 to 98 % on all three. Nothing is fitted on the truth.
"""

import argparse
import copy
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from laplace import logit_spread
from scipy.special import expit
from torch import Tensor, nn
from torch.nn import functional
from true_chances import Draw, answers_on_skill, logits, redrawn, without_items

from kt_fewshot.data import SequenceStore
from kt_fewshot.tracing import Tracer, tracer_class

BAGS, REFITS = 3, 6
NOMINAL = 1.96
STUDENT_T = 3.18
"""97.5 % quantile of Student's t at 3 degrees of freedom: three bags around a given centre."""
EVIDENCE = {"0": (0, 0), "1-2": (1, 2), "3-5": (3, 5), "6-10": (6, 10), "11+": (11, 10**9)}


@dataclass(frozen=True)
class Interval:
    """The ends of an interval of every answer, in [0, 1]: (answers,) each."""

    low: np.ndarray
    high: np.ndarray


# Methods


def bagged(draw: Draw, tracer: Tracer, bags: list[Tracer], times: float) -> Interval:
    """Bagged ensemble: how far tracers trained on students drawn with replacement lie from the tracer."""
    centre = logits(tracer, draw.test).numpy()
    others = np.stack([logits(bag, draw.test).numpy() for bag in bags])
    half = times * np.sqrt(((others - centre) ** 2).mean(0))
    return Interval(expit(centre - half), expit(centre + half))


def of_last_layer(draw: Draw, tracer: Tracer) -> Interval:
    """See `laplace.py`."""
    test = without_items(draw.test)
    centre, half = logits(tracer, draw.test).numpy(), NOMINAL * logit_spread(tracer, draw.train, test)
    return Interval(expit(centre - half), expit(centre + half))


class Ability(nn.Module):
    """The student's own logit of P(correct) is normal around the estimate; its spread is learned from answer patterns.

    The next five answers on a skill go together more than the estimate explains, as far as students of equal estimate
    differ. With z standard normal, logit p_j = mean + spread z + practice of j answers; the likelihood of the five
    is integrated over z (Gauss-Hermite). log spread is linear in evidence and estimate, mean in the estimate. Fitted on
    validation students, whom the tracer has not learned from, so that its own errors are part of the spread.

    Args:
        reinforced: whether a right answer may itself raise the next ones' chance.
    """

    def __init__(self, *, reinforced: bool = False) -> None:
        super().__init__()
        self.spread = nn.Parameter(torch.tensor([-0.3, 0, 0, 0, 0, 0, 0], dtype=torch.float64))
        self.mean = nn.Parameter(torch.tensor([0.0, 1, 0], dtype=torch.float64))
        self.practice = nn.Parameter(torch.tensor([0.0, 0.0, -1.0], dtype=torch.float64))
        self.reinforcement = nn.Parameter(torch.zeros(1, dtype=torch.float64), requires_grad=reinforced)
        nodes, weights = np.polynomial.hermite_e.hermegauss(9)
        self.nodes, self.log_weights = torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum()).log()

    def forward(self, estimate: Tensor, store: SequenceStore) -> tuple[Tensor, Tensor]:
        """Mean and spread of the logit: (answers,) each."""
        skill, overall = answers_on_skill(store).log1p(), store.position().double().log1p()
        columns = (torch.ones_like(skill), skill, overall, skill**2, estimate, estimate**2, overall**2)
        mean = self.mean[0] + self.mean[1] * estimate + self.mean[2] * skill
        return mean, (torch.stack(columns, 1) @ self.spread).exp().clamp(max=4)

    def fit(self, estimate: Tensor, store: SequenceStore) -> "Ability":
        """Maximise the likelihood of the store's next answers."""
        free = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimiser = torch.optim.LBFGS(free, max_iter=40, history_size=20, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimiser.zero_grad()
            value = self._loss(estimate, store)
            value.backward()
            return value

        optimiser.step(loss)
        return self

    def _loss(self, estimate: Tensor, store: SequenceStore) -> Tensor:
        mean, spread = self(estimate, store)
        count = answers_on_skill(store)
        level = mean[:, None] + spread[:, None] * self.nodes  # (answers, nodes)
        total = torch.zeros_like(level)
        for ahead, answer in enumerate(store.ahead.double().unbind(1)):
            told = ((answer == 0) | (answer == 1)).double()[:, None]
            right = (answer == 1).double()[:, None]
            total = total + told * (right * level - functional.softplus(level))
            fading = 1 + functional.softplus(self.practice[2]) * (count + ahead)
            gain = self.practice[0] + 0.1 * self.practice[1] * level + self.reinforcement * (right - 0.5)
            level = level + gain / fading[:, None]
        answers = ((store.ahead == 0) | (store.ahead == 1)).sum()
        likelihood = torch.logsumexp(total + self.log_weights, 1).sum() / answers
        return 1e-4 * self.spread[1:].square().sum() - likelihood


@torch.no_grad()
def _ends(ability: Ability, estimate: Tensor, store: SequenceStore) -> Interval:
    mean, spread = (part.numpy() for part in ability(estimate, store))
    return Interval(expit(mean - NOMINAL * spread), expit(mean + NOMINAL * spread))


def of_ability(draw: Draw, tracer: Tracer, *, reinforced: bool) -> Interval:
    """See `Ability`."""
    ability = Ability(reinforced=reinforced).fit(logits(tracer, draw.valid), draw.valid)
    return _ends(ability, logits(tracer, draw.test), draw.test)


def refitted(draw: Draw) -> np.ndarray:
    """Logits of BKT on the same students and of refits on students drawn with replacement: (1 + refits, answers)."""
    fits = []
    for refit in range(REFITS + 1):
        one = tracer_class("bkt")(draw.vocabulary, {})
        one.fit(redrawn(draw.train, (9, refit)) if refit else draw.train, draw.valid)
        fits.append(logits(one, draw.test).numpy())
    return np.stack(fits)


def two_state(fits: np.ndarray, shown: np.ndarray) -> Interval:
    """BKT with its parameters' error, stretched to hold the estimate that is shown, (answers,) logits."""
    half = NOMINAL * np.sqrt(((fits[1:] - fits[0]) ** 2).mean(0))
    return Interval(expit(np.minimum(fits[0] - half, shown)), expit(np.maximum(fits[0] + half, shown)))


def two_state_lead(draw: Draw, tracer: Tracer) -> float:
    """By how many standard errors BKT predicts the validation students' next answers better than the tracer."""
    bkt = tracer_class("bkt")(draw.vocabulary, {})
    bkt.fit(draw.train, draw.valid)
    target = draw.valid.correct.double()
    losses = [
        functional.binary_cross_entropy(one.predict_log(draw.valid).correct.double(), target, reduction="none")
        for one in (tracer, bkt)
    ]
    gain = np.bincount(draw.valid.student().numpy(), (losses[0] - losses[1]).numpy())
    return float(gain.mean() / (gain.std(ddof=1) / np.sqrt(len(gain))))


# What is printed


def trained(name: str, draw: Draw, seed: int, member: int, folder: Path | None) -> Tracer:
    """The tracer (member 0), or one trained on students drawn with replacement; kept in the folder."""
    kept = folder / f"{name}-{seed}-{member}.pkl" if folder else None
    if kept and kept.exists():
        return pickle.loads(kept.read_bytes())
    tracer = tracer_class("dkt")(draw.vocabulary, {"seed": 100 * seed + member, "hidden": 64})
    tracer.fit(redrawn(draw.train, (seed, member)) if member else draw.train, draw.valid)
    if kept:
        kept.write_bytes(pickle.dumps(copy.deepcopy(tracer)))
    return tracer


def methods(name: str, draw: Draw, seed: int, bags: int, folder: Path | None) -> Iterator[tuple[str, Interval]]:
    """Every method's intervals on the test students."""
    tracer = trained(name, draw, seed, 0, folder)
    if bags:
        members = [trained(name, draw, seed, number + 1, folder) for number in range(bags)]
        yield f"ensemble of {bags} bags", bagged(draw, tracer, members, NOMINAL)
        yield f"ensemble of {bags} bags, Student's t", bagged(draw, tracer, members, STUDENT_T)
    yield "last-layer Laplace", of_last_layer(draw, tracer)
    ability = of_ability(draw, tracer, reinforced=False)
    yield "ability", ability
    yield "ability, reinforced", of_ability(draw, tracer, reinforced=True)
    fits = refitted(draw)
    yield "two-state", two_state(fits, fits[0])
    stretched = two_state(fits, logits(tracer, draw.test).numpy())
    yield "two-state, holding the estimate", stretched
    lead = two_state_lead(draw, tracer)
    yield f"the log decides (BKT leads by {lead:+.1f} SE)", stretched if lead > 2 else ability


def line(method: str, draw: Draw, found: Interval) -> str:
    """Coverage and mean width, over all and by evidence."""
    inside = (found.low <= draw.truth) & (draw.truth <= found.high)
    width, count = found.high - found.low, answers_on_skill(draw.test).numpy()
    groups = [np.ones(len(count), bool), *((count >= low) & (count <= high) for low, high in EVIDENCE.values())]
    cells = [f"{100 * inside[group].mean():.1f} / {width[group].mean():.2f}" for group in groups]
    return " | ".join([method, *cells])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["bkt", "irt", "dash"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="draws of students")
    parser.add_argument("--bags", type=int, default=BAGS, help="tracers of the ensemble; 0 leaves it out")
    parser.add_argument("--keep", type=Path, help="folder to keep trained tracers in")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("students | method | all: coverage % / width |", " | ".join(EVIDENCE))
    for group in arguments.names:
        for number in arguments.seeds:
            drawn = Draw.of(group, number)
            for title, intervals in methods(group, drawn, number, arguments.bags, arguments.keep):
                print(f"{group} {number} |", line(title, drawn, intervals), flush=True)
