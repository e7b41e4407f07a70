"""The map of features: the plane of largest variance, and classes marked on it."""

import numpy as np
from _few_shot_report import few_shot_material

from kt_fewshot.reports import ShownFeatures
from kt_fewshot.reports.embedding_map import embedding_map, principal_plane


def test_the_plane_holds_the_two_directions_of_largest_variance():
    features = np.zeros((4, 3))
    features[:, 0] = [3, -3, 0, 0]
    features[:, 2] = [0, 0, 1, -1]
    places, share = principal_plane(features)
    np.testing.assert_allclose(np.abs(places), [[3, 0], [3, 0], [0, 1], [0, 1]], atol=1e-12)
    assert share == 1.0
    features[:, 1] = [1, 1, -1, -1]
    assert 0.8 < principal_plane(features)[1] < 1.0


def test_classes_far_apart_are_told_to_be():
    found = embedding_map(few_shot_material())
    assert found is not None
    assert "100 % of the items lie nearest to the mean of their own class" in str(found.figure)
    assert str(found.figure).count("<image") == 3


def test_too_little_for_a_map():
    one = ShownFeatures(np.zeros((5, 1)), np.arange(5), np.zeros(5, np.int64))
    assert embedding_map(few_shot_material(map=one)) is None


def test_equal_features_are_no_mistake():
    same = ShownFeatures(np.ones((6, 4)), np.arange(6), np.repeat([0, 1], 3))
    found = embedding_map(few_shot_material(map=same))
    assert found is not None
    assert "nan" not in str(found.figure)
