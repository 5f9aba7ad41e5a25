"""The live path: how long a model's token takes to reach clients of the WebSocket.

Runs the local stack with a model that writes the time into its tokens.
"""
