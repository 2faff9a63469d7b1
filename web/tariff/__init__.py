"""The tariff desk: rates, reductions and approvals by date, their drafts, the test bench and the second person."""
