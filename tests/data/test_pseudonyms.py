import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.pseudonyms import has_e_mail, pseudonym


def test_a_published_value():
    """Test case 2 of RFC 4231."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert pseudonym("what do ya want for nothing?", b"Jefe") == expected


def test_without_a_key_anybody_can_make_it():
    assert pseudonym("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.text(), st.binary(min_size=1, max_size=200))
def test_it_is_hmac_of_the_id_as_written(student: str, key: bytes):
    assert pseudonym(student, key) == hmac.new(key, student.encode(), hashlib.sha256).hexdigest()
    assert pseudonym(student, key) != pseudonym(student + " ", key)


ADDRESSES = [
    "ann@school.org",
    " a.b+c@x.y.de ",
    "Zoë@schule.de",
    "o'neil@x.co",
    "mailto:a@b.cd",
    "Ann <a@b.cd>",
    "a@b@c.de",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_e_mail_addresses(text: str):
    assert has_e_mail(text)


@pytest.mark.parametrize("text", ["", "ann", "ann@", "@school.org", "ann@school", "a @c.de", "5@3.1", "a@b.c", "a@.cd"])
def test_other_ids(text: str):
    assert not has_e_mail(text)
