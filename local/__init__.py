"""The one-command stack: MiniStack runs template.yaml, stand-ins play Kendra and Bedrock.

Never shipped: nothing under src/ knows that it exists.
"""
