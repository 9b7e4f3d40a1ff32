"""Who is connecting: tokens, logins and tickets, and the REST paths that hand them out."""
