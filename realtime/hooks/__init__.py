"""Webhooks: signed, retried deliveries to other systems, and their messages into rooms."""
