"""Replies by e-mail: from a message to whatever the reply is about."""
