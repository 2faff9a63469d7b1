"""What a lead window sees beside its own desk: every case of the city, or of its district, to read."""
