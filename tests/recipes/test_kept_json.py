"""JSON that may be missing, damaged or of another shape."""

import pytest

from kt_fewshot.recipes.kept_json import kept_json


def test_what_is_there_is_understood(tmp_path):
    (tmp_path / "a.json").write_text('{"n": [1, 2]}')
    assert kept_json(tmp_path / "a.json", lambda found: sum(found["n"])) == 3


@pytest.mark.parametrize("text", [None, "", "{", '{"m": 1}', "[]", '{"n": null}', '{"n": ["x"]}'])
def test_what_is_not_is_none(tmp_path, text):
    if text is not None:
        (tmp_path / "a.json").write_text(text)
    assert kept_json(tmp_path / "a.json", lambda found: sum(map(int, found["n"]))) is None
