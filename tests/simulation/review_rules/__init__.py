"""What people, days and machines may do to a case under review, by area; the review machine is all of it together."""
