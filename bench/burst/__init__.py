"""A burst of questions, answered by Sluice and by its peers on the same stand-ins."""
