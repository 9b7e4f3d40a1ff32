"""What other services send in and get out, against real servers, a real Redis and real HTTP."""
