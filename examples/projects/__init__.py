"""Projects with channels and tasks: rooms, membership as permission, chat with history."""
