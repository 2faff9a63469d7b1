"""The catalogue of components."""
