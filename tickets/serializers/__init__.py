"""How the desk's rows look in REST and in events."""
