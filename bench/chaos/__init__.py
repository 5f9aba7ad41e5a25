"""A burst while everything goes wrong: what is lost, changed or answered twice."""
