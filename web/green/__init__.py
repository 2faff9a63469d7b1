"""The green channel's pages: the applicant asks and books times, the lead window admits, the units confirm."""
