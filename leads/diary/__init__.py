"""Tasks and appointments, and being reminded of them."""
