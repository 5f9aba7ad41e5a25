"""What an operator does to a stack: it asks AWS itself, with the operator's own credentials."""
