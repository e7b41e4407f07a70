"""The audit of a log or of predictions: what lets answers be known before they are given."""

from .audit import Audit, audit
from .finding import Finding, Severity
from .records import Records
from .trivial_models import PREDICTIONS, Scores

__all__ = ["PREDICTIONS", "Audit", "Finding", "Records", "Scores", "Severity", "audit"]
