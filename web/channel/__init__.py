"""The two requests of a bank: what is owed, and that it was paid. Nothing is believed before its signature."""
