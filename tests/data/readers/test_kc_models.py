from pathlib import Path

import pytest

from kt_fewshot.data.readers.kc_models import choose_model, kc_columns
from kt_fewshot.data.readers.sniff import Peek
from kt_fewshot.errors import LogError


def peek_of(*header: str) -> Peek:
    return Peek(Path("tx.txt"), "table", header=("Row", *header), has_header=True)


@pytest.mark.parametrize(
    ("columns", "models"),
    [
        (("KC (A)", "KC Category (A)", "KC (A)"), {"A": ("KC (A)",)}),
        (("KC(A (b))", "Opportunity(A (b))"), {"A (b)": ("KC(A (b))",)}),
        (("KC (A)", "KC (A).1", "KC Category (A).1"), {"A": ("KC (A)", "KC (A).1")}),
        (
            ("KC..A.B.", "KC..A.B..1", "KC.Category..A.B.", "KC.A.C."),
            {"A.B": ("KC..A.B.", "KC..A.B..1"), "A.C": ("KC.A.C.",)},
        ),
        (("KCs", "Kinetic (A)"), {}),
    ],
)
def test_columns_of_models_however_renamed(columns: tuple[str, ...], models: dict):
    assert kc_columns(peek_of(*columns)) == models


def test_one_real_model_or_the_default_needs_no_word():
    assert choose_model(peek_of("KC (A)", "KC (Single-KC)"), None) == (
        ("KC (A)",),
        "skills of model A (others: Single-KC)",
    )
    assert choose_model(peek_of("KC (A)", "KC (Default)"), None)[0] == ("KC (Default)",)
    assert choose_model(peek_of("KC (A)"), None) == (("KC (A)",), "skills of model A")
    assert choose_model(peek_of(), None) == ((), "")


def test_the_users_word_by_model_column_or_without_punctuation():
    peek = peek_of("KC..Item.Model.", "KC..A.")
    for word in ("Item.Model", "KC..Item.Model.", "item model"):
        assert choose_model(peek, word)[0] == ("KC..Item.Model.",)


def test_a_long_list_is_cut_and_none_is_told():
    with pytest.raises(LogError, match="M28, M29 and 10 more. Choose one"):
        choose_model(peek_of(*(f"KC (M{number})" for number in range(40))), None)
    with pytest.raises(LogError, match="Choose one of: none, it has no model"):
        choose_model(peek_of(), "A")
