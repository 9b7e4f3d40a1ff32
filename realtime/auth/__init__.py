"""Who is connecting: tokens, logins and tickets, and the REST paths that hand them out (protocol, sections 1 and 7)."""
