"""First-order MAML: the gradient of the queries' loss at the adapted parameters, as if the steps were constant.

Finn, Abbeel and Levine 2017, https://arxiv.org/abs/1703.03400, section 5.2.
"""

from typing import ClassVar, final

from .maml import MAML


@final
class FOMAML(MAML):
    """MAML without second derivatives."""

    name: ClassVar[str] = "fomaml"
    first_order: ClassVar[bool] = True
