"""Pages of docs/ that are made from the code: what the sockets and REST take and give."""
