"""Names under which tools write predictions."""

import pytest

from kt_fewshot.data.readers import sniff
from kt_fewshot.errors import LogError
from kt_fewshot.recipes.prediction_columns import found_columns


def found(tmp_path, header, *rows, read=None, **named):
    path = tmp_path / "file.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return found_columns(sniff(path), read or {}, **named)


@pytest.mark.parametrize("prediction", ["y_pred", "prediction", "Pred", "P(correct)", "prob", "p", "yHat"])
@pytest.mark.parametrize("label", ["y_true", "label", "target", "Ground Truth"])
@pytest.mark.parametrize("split", ["split", "Partition"])
def test_columns_are_found_whatever_their_case_and_punctuation(tmp_path, prediction, label, split):
    header = f"uid,{label},question,{prediction},concept,{split},time"
    columns = found(tmp_path, header, "a,1,q,0.5,c,train,1", "a,0,q,1,c,TEST,2")
    assert (columns.prediction, columns.split) == (prediction, split)
    assert columns.read == {"format": "generic", "columns": {"correct": label}}


def test_kt_audits_own_columns(tmp_path):
    header = "user_id,timestamp,split,kc_ids,item_id,y_true,y_pred,fold,mastery"
    columns = found(tmp_path, header, "a,1.0,,x~~y,q,1,0.75,0,", ",,,,,,,,")
    assert (columns.prediction, columns.split) == ("y_pred", "split")


def test_a_log_is_none(tmp_path):
    assert found(tmp_path, "student,skill,correct", "a,x,1").prediction is None
    assert found(tmp_path, "student,skill,correct,p", "a,x,1,maybe").prediction is None
    assert found(tmp_path, "student,skill,correct,p", "a,x,1,7.5").prediction is None
    assert found(tmp_path, "student,skill,correct,split", "a,x,1,3").split is None
    assert found(tmp_path, "student,skill,correct,split", "a,x,1,test").split == "split"
    logged = found(tmp_path, "student,skill,correct,p", "a,x,1,0.5", read={"format": "kdd-cup"})
    assert (logged.prediction, logged.read) == (None, {"format": "kdd-cup"})


def test_a_position_orders_answers_where_there_is_no_time(tmp_path):
    assert found(tmp_path, "uid,kc,label,pred,position", "a,x,1,0.5,3").read["columns"]["time"] == "position"
    assert "time" not in found(tmp_path, "uid,kc,label,pred,position,order", "a,x,1,0.5,3,3").read["columns"]
    assert "time" not in found(tmp_path, "uid,kc,label,pred,position", "a,x,1,0.5,third").read["columns"]


def test_the_users_word_goes_before(tmp_path):
    header, row = "kid,kc,ok,out,pred,set", "a,x,1,0.5,0.7,train"
    read = {"columns": {"correct": "ok", "student": "kid"}}
    columns = found(tmp_path, header, row, read=read, prediction="out")
    assert columns.prediction == "out"
    assert columns.read["columns"] == {"correct": "ok", "student": "kid"}
    with pytest.raises(LogError, match=r"Column `gone` is missing from file\.csv \(found: kid, kc, ok"):
        found(tmp_path, header, row, prediction="gone")
