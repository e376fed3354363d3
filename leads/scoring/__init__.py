"""How warm a lead is: its rules, its score, and what is made of both."""
