"""A tensor that changes in place, and whose older versions can still be read."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.live.versions import Versions


def test_on_paper():
    first = Versions(torch.zeros(3))
    second = first.write(torch.tensor([1]), torch.tensor([5.0]))
    third = second.write(torch.tensor([1, 2]), torch.tensor([6.0, 7.0]))
    assert third.tensor.tolist() == [0, 6, 7]
    assert second.tensor.tolist() == [0, 5, 0]
    assert first.tensor.tolist() == [0, 0, 0]


def test_writing_copies_nothing_but_the_rows():
    first = Versions(torch.zeros(4, 3))
    place = first.tensor.data_ptr()
    assert first.write(torch.tensor([2]), torch.ones(1, 3)).tensor.data_ptr() == place


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.integers(-9, 9)), max_size=12), st.data())
def test_every_version_is_as_if_it_had_been_copied(writes, data):
    versions, copies = [Versions(torch.zeros(5, dtype=torch.int64))], [torch.zeros(5, dtype=torch.int64)]
    for number, place, value in writes:
        source = number % len(versions)  # any version may be written to, not only the newest
        versions.append(versions[source].write(torch.tensor([place]), torch.tensor([value])))
        copies.append(copies[source].index_put((torch.tensor([place]),), torch.tensor([value])))
        looked_at = data.draw(st.integers(0, len(versions) - 1))
        assert torch.equal(versions[looked_at].tensor, copies[looked_at])
    for version, copy in zip(versions, copies, strict=True):
        assert torch.equal(version.tensor, copy)
