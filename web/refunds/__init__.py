"""Money that goes back and deposits, on the desks of finance and of the items' units, and on the applicant's pages."""
