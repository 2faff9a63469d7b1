"""A bill's changes: the area settled after a survey, a bill drawn up anew, an objection and its answer."""
