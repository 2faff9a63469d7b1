"""The finance office's pages: the day's figures, bills, and what the bank said that fits no bill."""
