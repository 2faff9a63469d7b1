"""The leaders' board: where cases stand, what is late and with whom, and the money; read only."""
