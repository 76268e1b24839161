"""Folds records into the read model, one by one, in memory: the result never depends on where a batch ends."""

from projector.fold.failing import CannotFold
from projector.fold.fold import Fold

__all__ = ["CannotFold", "Fold"]
