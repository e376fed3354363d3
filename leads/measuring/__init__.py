"""What is counted and timed of leads."""
