"""Settings of a meta-training: what is chosen where nothing is said."""

import pytest

from kt_fewshot.recipes import FewShotSettings


def settings(**values: object) -> FewShotSettings:
    return FewShotSettings.assemble(None, values)


@pytest.mark.parametrize(
    ("shape", "encoder"),
    [((1, 28, 28), "conv4"), ((3, 16, 20), "conv4"), ((1, 8, 8), "mlp"), ((5,), "mlp"), ((7, 3), "lstm")],
)
def test_examples_choose_what_reads_them(shape, encoder):
    assert settings().make(shape).encoder.name == encoder


@pytest.mark.parametrize(
    ("values", "classes", "way"),
    [
        ({}, 100, 20),
        ({}, 7, 7),
        ({}, 1, 2),  # too few, as the sampler then says
        ({"n_way": 30}, 20, 30),
        ({"method": "maml"}, 100, 5),
        ({"method": "maml", "test_way": 3}, 100, 3),
        ({"method": "maml", "model": {"ways": 8}}, 100, 8),
        ({"method": "maml", "n_way": 10}, 100, 10),
    ],
)
def test_classes_of_a_training_episode(values, classes, way):
    made = settings(encoder="mlp", **values)
    assert made.train_plan(made.make((4,)), classes).n_way == way


def test_episodes_a_step_are_the_methods_own_unless_said():
    for method, tasks, found in (("protonet", None, 1), ("maml", None, 4), ("protonet", 3, 3)):
        made = settings(encoder="mlp", method=method, tasks=tasks)
        assert made.train_plan(made.make((4,)), 100).tasks == found


def test_same_seed_same_first_weights():
    one, two, other = (settings(seed=seed).make((4,)).encoder.state_dict() for seed in (0, 0, 1))
    assert all((one[name] == two[name]).all() for name in one)
    assert not all((one[name] == other[name]).all() for name in one)


def test_written_settings_are_the_same_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    settings(data="images", steps=3).write(tmp_path / "config.yaml")
    again = FewShotSettings.assemble(tmp_path / "config.yaml", {})
    assert again.data == str(tmp_path / "images")
    assert again.steps == 3
