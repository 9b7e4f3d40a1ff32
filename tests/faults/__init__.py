"""Faults for real: processes killed, Redis taken away, connections cut, while a history checker looks on."""
