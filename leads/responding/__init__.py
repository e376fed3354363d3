"""Speed to lead: first responses in business time."""
