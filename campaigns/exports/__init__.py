"""Files of leads on their way out: leads of a filter, lists and campaigns' results."""
