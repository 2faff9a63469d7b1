"""What follows the door: promised papers brought and judged, and applications that are not accepted after all."""
