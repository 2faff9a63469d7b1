"""What banks, payers and finance may do with money, by area; the money machine is all of it together."""
