"""A burst in simulated time: the rules that ship, no service, no waiting."""
