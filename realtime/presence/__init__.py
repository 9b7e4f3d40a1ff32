"""Who is connected, over all processes: leases, connections, members of rooms."""
