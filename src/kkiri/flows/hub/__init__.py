"""A hub at work: what it answers, and how it keeps in step with others."""
