"""Who works a lead: given by a person, or by a policy, rules and territories."""
