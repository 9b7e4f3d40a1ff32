"""The event log: recording in the caller's transaction, reading, access changes, snapshots, pruning."""
