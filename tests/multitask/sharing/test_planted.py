"""What schemes that mix towers learn of planted families: who is related to whom, and who is a stranger."""

import numpy as np
from _families import FamilyRows, FamilyTowers, rank_correlation

from kt_fewshot.multitask import Relations, TaskFamily, planted_family, planted_stranger
from kt_fewshot.training import Trainer, TrainerOptions


def trained(model: FamilyTowers, family: TaskFamily, *, epochs: int) -> FamilyTowers:
    options = TrainerOptions(epochs=epochs, learning_rate=3e-3, clip_norm=None, patience=None)
    Trainer(options, loss_scale=64).fit(model, FamilyRows(family))
    return model


def learned(model: FamilyTowers) -> Relations:
    mixing = model.sharing.mixing()
    assert mixing is not None
    return Relations(model.tasks, mixing.double().numpy(), "mixing", model.sharing.tower_names())


def test_cross_stitches_recover_the_planted_correlation():
    """Towers and heads start alike, so that a feature means the same in each and a stitch below 0 takes it away."""
    matches = []
    for seed in range(10):
        family = planted_family(seed)
        model = trained(FamilyTowers(family, "cross-stitch", seed=seed), family, epochs=5)
        matches.append(rank_correlation(learned(model), family.cosine))
    assert np.mean(matches) >= 0.8, matches


def test_attention_leaves_the_stranger_alone():
    for seed in range(3):
        family = planted_stranger(seed)
        model = FamilyTowers(family, "attention", seed=seed)
        weights = learned(trained(model, family, epochs=20)).matrix
        assert weights[:3, 3].max() < 0.1, weights
        related = weights[:3, :3][~np.eye(3, dtype=bool)]
        assert weights[:3, 3].mean() < 0.5 * related.mean(), weights
