import pytest

from kt_fewshot.training import TrainerOptions


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("epochs", 0, "at least 1"),
        ("patience", 0, "at least 1"),
        ("min_epochs", 0, "at least 1"),
        ("chunks", 0, "at least 1"),
        ("seed", -1, "at least 0"),
        ("warmup_steps", -1, "at least 0"),
        ("weight_decay", -0.1, "at least 0"),
        ("checkpoint_seconds", -1.0, "at least 0"),
        ("max_seconds", -1.0, "at least 0"),
        ("learning_rate", 0.0, "above 0"),
        ("learning_rate", float("nan"), "above 0"),
        ("clip_norm", 0.0, "above 0"),
        ("average_decay", 1.0, r"in \[0, 1\)"),
        ("schedule", "linear", "one of constant, cosine, one-cycle"),
        ("optimizer", "sgd", "one of adamw, adam"),
        ("precision", "fp16", "one of auto, fp32, bf16"),
    ],
)
def test_each_range_is_told(name, value, wanted):
    with pytest.raises(ValueError, match=f"`{name}` should be {wanted}. Found `{name} = {value!r}`."):
        TrainerOptions(**{name: value})


def test_none_means_off_where_it_can():
    options = TrainerOptions(clip_norm=None, patience=None, average_decay=None, max_seconds=None)
    assert options.clip_norm is None
    with pytest.raises(ValueError, match="`epochs` should be at least 1. Found `epochs = None`"):
        TrainerOptions(epochs=None)


def test_one_cycle_warms_up_by_itself():
    with pytest.raises(ValueError, match="`warmup_steps` should be 0 with the one-cycle schedule"):
        TrainerOptions(schedule="one-cycle", warmup_steps=3)
