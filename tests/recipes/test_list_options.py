"""The options of a tracer."""

import json

import pytest

from kt_fewshot.errors import KTError
from kt_fewshot.recipes import list_options
from kt_fewshot.tracing import TRACERS


@pytest.mark.parametrize("name", sorted(TRACERS))
def test_every_tracer_tells_its_options(name):
    for option in list_options(name).values():
        assert set(option) == {"default", "meaning"}
        json.dumps(option["default"], allow_nan=False)


def test_an_unknown_tracer():
    with pytest.raises(KTError, match="Unknown tracer 'x'"):
        list_options("x")
