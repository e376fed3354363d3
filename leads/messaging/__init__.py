"""What is written to people, what they answer, and what colleagues are told."""
