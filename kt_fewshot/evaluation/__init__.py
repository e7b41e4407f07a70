"""Predictions in, results out: how well answers and mastery were foretold."""
