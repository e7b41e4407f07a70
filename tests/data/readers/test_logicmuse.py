from pathlib import Path

import pytest

from kt_fewshot.data.readers import Log, read_log
from kt_fewshot.errors import LogError


def read(tmp_path: Path, *lines: str) -> Log:
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    return read_log(tmp_path / "log.csv", format="logicmuse")


@pytest.mark.parametrize(("header", "items"), [(",0,1", ["0", "1"]), ("who,first,second", ["first", "second"])])
def test_a_cell_is_an_answer(tmp_path: Path, header: str, items: list[str]):
    log = read(tmp_path, header, '0,"[1, 0, 1, 1]","[0, 0, 0, 0]"', '1,"[1, 0, 1, 0]",""')
    assert log.interactions.table.select("student", "item", "skills", "correct", "row").rows() == [
        ("0", items[0], "0~~2", 1, 1),
        ("0", items[1], None, 0, 2),
        ("1", items[0], "0~~2", 0, 3),
    ]
    assert log.ingest.set_aside == {"no outcome": 1}


@pytest.mark.parametrize("cell", ["x", "[]", "7", '{"a": 1}', "[2, 1]"])
def test_other_cells_are_told(tmp_path: Path, cell: str):
    with pytest.raises(LogError, match="log.csv should have a list of 0 and 1 in each cell"):
        read(tmp_path, ",0,1", '0,"[1, 1]","[0, 0]"', f"""1,"{cell.replace('"', '""')}","[0, 1]\"""")


def test_a_damaged_line_is_told(tmp_path: Path):
    with pytest.raises(LogError, match="damaged in line 3: 2 fields instead of 3"):
        read(tmp_path, ",0,1", '0,"[1, 1]","[0, 0]"', '1,"[1, 1]"')
