"""How things look: each view turns one thing into lines for a person."""
