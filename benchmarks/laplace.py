"""A last-layer Laplace approximation of DKT's P(correct), for `uncertainty.py`.

The weights of the correctness head's last layer (each skill's output weights, the residual on history features, the
output of the hidden layer) are normal around what was trained, with the precision of the likelihood's curvature on the
training answers plus that of a prior; the trunk is taken as known. The prior has the highest evidence (MacKay 1992,
"The evidence framework applied to classification networks"). All weights together, not the diagonal alone.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kt_fewshot.data import SequenceStore
from kt_fewshot.tracing import DKT

PRIORS = np.logspace(-3, 4, 29)


def last_layer(tracer: DKT, store: SequenceStore) -> Tensor:
    """What the last layer's weights are multiplied with, answer by answer: (answers, weights)."""
    head = tracer.network.correct
    known, skill = tracer.features(store), store.sets.single()[store.skill_set.long()]
    first, *others = head.deep.inputs
    hidden = first(known) + others[0](head.question[skill] + head.items.vector[store.item]) + others[1](store.question)
    mine = functional.one_hot(skill, len(head.skill.bias)).to(known.dtype)  # (answers, skills)
    apart = (mine[:, :, None] * functional.pad(known, (0, 1), value=1.0)[:, None]).flatten(1)
    return torch.cat([apart, store.question, functional.pad(hidden.relu(), (0, 1), value=1.0)], 1)


def weights(tracer: DKT) -> Tensor:
    """The last layer's weights, in the same order."""
    head = tracer.network.correct
    skills = torch.cat([head.skill.weight, head.skill.bias[:, None]], 1).flatten()
    return torch.cat([skills, head.residual.weight[0], head.deep.output.weight[0], head.deep.output.bias])


@torch.no_grad()
def logit_spread(tracer: DKT, train: SequenceStore, test: SequenceStore) -> np.ndarray:
    """Standard deviation of the calibrated logit before each answer of `test`: (answers,)."""
    inputs = last_layer(tracer, train).double()
    chance = tracer.predict_log(train).correct.double()
    curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs
    strength, axes = torch.linalg.eigh(curvature)
    length, strength = float(weights(tracer).double().square().sum()), strength.clamp(min=0).numpy()
    evidence = [len(strength) * np.log(p) - p * length - np.log(strength + p).sum() for p in PRIORS]
    variance = 1 / (strength + PRIORS[int(np.argmax(evidence))])
    turned = (last_layer(tracer, test).double() @ axes).numpy()
    return tracer.calibration.slope * np.sqrt((turned**2 * variance).sum(1))
