"""The servers that this one is measured beside: what people build today, each in its usual form."""
