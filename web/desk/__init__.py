"""A department's desk: the inbox, a case with its materials and fees, and the acts that a unit seals."""
