"""The engine as others get it: a wheel, in a project that has nothing of this one."""
