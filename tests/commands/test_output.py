"""What commands print: lines, JSON, tables."""

from kt_fewshot.commands import output


def test_one_line():
    assert output.one_line("a\nb\t\x1b[1mc\u2028d é 数") == "a b  [1mc d é 数"


def test_json_is_ascii_and_strict(capsys):
    output.print_json({"é": float("nan"), "n": 1})
    assert capsys.readouterr().out == '{"\\u00e9": null, "n": 1}\n'


def test_numbers_stand_right_words_left_and_markup_is_text(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    rows = [("[red]x", 1200, 0.5, True, "long " * 12), ("y", 7, "-", False, "")]
    output.print_table("Title", ("name", "n", "share", "so", "words"), rows)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Title"
    assert lines[1] == "name        n   share  so   words"
    assert lines[2].startswith("[red]x  1,200  0.5000  yes  long long")
    assert lines[-1] == "y           7       -  no"
    assert all(len(line) <= 60 for line in lines)


def test_a_table_without_head_or_title(capsys):
    output.print_table("", ("", ""), [("a", 1)])
    assert capsys.readouterr().out.rstrip() == "a  1"


def test_intervals():
    assert output.interval({"value": 0.75, "low": 0.7, "high": 0.8}) == "0.7500 [0.7000, 0.8000]"
    assert output.interval({"value": 0.75, "low": None, "high": None}) == "0.7500"
    assert output.interval({"value": None}) == output.interval({}) == "-"
