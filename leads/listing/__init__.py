"""Which leads a list shows, in which order, with which columns."""
