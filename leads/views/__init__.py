"""The pages of leads: the table, one lead, what is done to it, and entering and editing it."""
