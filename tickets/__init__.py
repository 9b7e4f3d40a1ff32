"""The help desk: tickets, their conversations, and the rules of who sees and does what."""
