"""Dead letters: the messages that no worker could read."""
