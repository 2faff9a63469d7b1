"""The administrators' pages: accounts, and what the city's pack says."""
