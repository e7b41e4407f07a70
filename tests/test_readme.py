"""The README's examples print what it says they print."""

import re
from pathlib import Path

import pytest
import torch

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", README, flags=re.DOTALL)
NUMBER = re.compile(r"-?\d+\.\d+")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == README.count("```python") >= 2


@pytest.mark.parametrize(("code", "output"), EXAMPLES, ids=lambda _: "")
def test_examples_print_what_is_said(code: str, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers within .05: other processors round differently, and a training carries that along."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        exec(compile(code, "README.md", "exec"), {})
    finally:
        torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert re.sub(" +", " ", NUMBER.sub("#", printed)) == re.sub(" +", " ", NUMBER.sub("#", output))
    found, said = ([float(number) for number in NUMBER.findall(text)] for text in (printed, output))
    assert found == pytest.approx(said, abs=0.05)
