"""Pseudonyms: names of students that tell nothing of who they are, and are the same in every log."""

import hashlib
import hmac
import re
from typing import Final

E_MAIL: Final = re.compile(r"[^\s@,;:<>()]+@[^\s@,;:<>()]+\.[^\s@,;:<>().]{2,}")
"""What an e-mail address looks like."""


def pseudonym(student: str, key: bytes = b"") -> str:
    """A student's id as 64 hexadecimal digits: HMAC-SHA256 of its UTF-8 bytes.

    Who has the key can tell whether a pseudonym is that of a certain student; nobody else can. *Without a key* it is
    the plain SHA-256 of the id: whoever has a list of addresses, a school's say, finds out all of them by trying.

    >>> pseudonym("ann@school.org", b"a secret")[:16]
    '9c813b326e590c3d'
    >>> pseudonym("ann@school.org")[:16]
    'eaf0c85868000050'

    Args:
        student: the id, taken as it is written: `Ann` is not `ann`.
        key: the secret.
    """
    if not key:
        return hashlib.sha256(student.encode()).hexdigest()
    return hmac.new(key, student.encode(), hashlib.sha256).hexdigest()


def has_e_mail(student: str) -> bool:
    """Whether an id is an e-mail address, or has one in it.

    >>> [has_e_mail(text) for text in ("ann@school.org", "Ann <ann@school.org>", "ann", "@ann", "7@home")]
    [True, True, False, False, False]
    """
    return "@" in student and E_MAIL.search(student) is not None
