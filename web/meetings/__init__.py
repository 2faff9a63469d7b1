"""Joint meetings and site surveys, for the units that are invited and the lead window that keeps the record."""
