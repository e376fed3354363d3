"""Public lead forms: their editor, their questions, and what visitors send."""
