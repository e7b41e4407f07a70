from pathlib import Path

import pytest

from kt_fewshot.data.readers import Log, read_log
from kt_fewshot.errors import LogError

SLAM = """\
# prompt:Yo soy: un niño
# user:XEinXf5+  countries:CO  days:0.5  client:web  session:lesson  format:reverse_translate  time:9
DRihrVmh0101  I             PRON    Case=Nom|Number=Sing  nsubj   4  0
DRihrVmh0102  am            VERB    Mood=Ind              cop     4  1

# user:XEinXf5+  countries:CO  days:0.25  client:web  session:lesson  format:listen  time:null
DRihrVmh0201  Boy           NOUN    Number=Sing           ROOT    0  0
"""


def read(tmp_path: Path, text: str, **options) -> Log:
    (tmp_path / "en_es.slam.train").write_text(text)
    return read_log(tmp_path / "en_es.slam.train", **options)


COLUMNS = ("student", "item", "skills", "correct", "time", "response_time", "bundle", "row")
ANSWERS = [
    ("XEinXf5+", "Boy", "boy", 1, 21600.0, None, 2, 3),
    ("XEinXf5+", "I", "i", 1, 43200.0, 9.0, 1, 1),
    ("XEinXf5+", "am", "am", 0, 43200.0, 9.0, 1, 2),
]


def test_tokens_are_answers_and_1_is_a_mistake(tmp_path: Path):
    log = read(tmp_path, SLAM)
    assert log.interactions.table.select(COLUMNS).rows() == ANSWERS
    assert (log.ingest.format, log.ingest.rows_read) == ("duolingo-slam", 3)


def test_labels_of_a_test_file_come_from_its_key(tmp_path: Path):
    unlabelled = "\n".join(line[:-3] if line.startswith("DR") else line for line in SLAM.split("\n"))
    with pytest.raises(LogError, match="None of the 3 records of .* is an answer .3 x no outcome"):
        read(tmp_path, unlabelled)
    key = tmp_path / "en_es.slam.train.key"
    key.write_text("DRihrVmh0101 0\nDRihrVmh0102 1\nDRihrVmh0201 0\n")
    assert read(tmp_path, unlabelled).interactions.table.select(COLUMNS).rows() == ANSWERS
    key = key.rename(tmp_path / "solution.txt")
    assert read(tmp_path, unlabelled, side=[key]).interactions.table.select(COLUMNS).rows() == ANSWERS
    key.write_text("only\n")
    with pytest.raises(LogError, match="solution.txt should have a token and its label in each line"):
        read(tmp_path, unlabelled, side=[key])


def test_exercises_of_several_files_are_different_bundles(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(SLAM)
    table = read_log([tmp_path / "a", tmp_path / "b"]).interactions.table
    assert sorted(table["bundle"].to_list()) == [1, 1, 2, 3, 3, 4]


def test_lines_that_are_no_tokens_are_rejected(tmp_path: Path):
    text = SLAM.replace("0  0\n", "0  2\n") + "alone\n"
    log = read(tmp_path, text, max_bad=1)
    assert log.ingest.rejected.select("row", "line", "reason").rows() == [
        (3, 7, "the label is '2'"),
        (4, 8, "1 fields instead of 6 or 7"),
    ]


def test_half_life_regression(tmp_path: Path):
    header = (
        "p_recall,timestamp,delta,user_id,learning_language,ui_language,lexeme_id,lexeme_string,history_seen,"
        "history_correct,session_seen,session_correct"
    )
    rows = [
        "1.0,1362076081,27649635,u:FO,de,en,76390c,lernt/lernen<vblex>,6,4,2,2",
        "0.5,1362076082,2,u:FO,de,en,7d,x,4,4,2,1",
    ]
    (tmp_path / "settles.csv").write_text("\n".join([header, *rows]) + "\n")
    log = read_log(tmp_path / "settles.csv")
    assert log.interactions.table.select("student", "item", "skills", "correct", "time", "attempts").rows() == [
        ("u:FO", "76390c", "76390c", 1, 1362076081.0, 2)
    ]
    assert log.ingest.set_aside == {"partial credit": 1}
    assert len(read_log(tmp_path / "settles.csv", threshold=0.5).interactions) == 2
