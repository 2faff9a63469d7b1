"""The applicant's desk: my space, drafts, the application form, and the page of each case."""
