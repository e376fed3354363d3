"""What is done to many leads at once."""
