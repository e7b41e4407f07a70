"""Which skills go together: asked in one question, or one after the other."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from .skill_sets import SkillSets
from .store import SequenceStore


def skill_links(store: SequenceStore, n_skills: int) -> NDArray[np.float64]:
    """(skills, skills): how often a student's next answer was on the second skill, after one on the first.

    A set of skills counts as the mean of its skills, and an answer on a set as one on the set after itself. The unknown
    skill goes with none, nor does a skill with itself.

    Args:
        store: the histories of training students.
        n_skills: the unknown skill included.
    """
    number = store.skill_set.cpu().numpy().astype(np.int64)
    n_sets = len(store.sets.members)
    follows = np.ones(len(number), dtype=bool)
    follows[store.starts[:-1].cpu().numpy()] = False  # a student's first answer follows none
    pairs = np.flatnonzero(follows)
    after = sparse.coo_matrix((np.ones(len(pairs)), (number[pairs - 1], number[pairs])), shape=(n_sets, n_sets)).tocsr()
    answers = sparse.diags(np.bincount(number, minlength=n_sets).astype(float))
    share = _shares(store.sets, n_skills)
    links = (share.T @ after @ share + share.T @ answers @ share).toarray()
    np.fill_diagonal(links, 0.0)
    links[0] = links[:, 0] = 0.0
    return links


def _shares(sets: SkillSets, n_skills: int) -> sparse.csr_matrix:
    """(sets, skills): each skill's share of a set."""
    row, place = torch.nonzero(sets.members >= 0, as_tuple=True)
    values = sets.weights[row, place].cpu().numpy().astype(float)
    column = sets.members[row, place].cpu().numpy()
    return sparse.csr_matrix((values, (row.cpu().numpy(), column)), shape=(len(sets.members), n_skills))
