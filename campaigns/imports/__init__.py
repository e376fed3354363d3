"""Files of leads on their way in: read, mapped, tried out, taken in, and undone."""
