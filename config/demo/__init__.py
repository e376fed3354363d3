"""Demo data: three businesses with members, leads and what became of them over ninety days."""
