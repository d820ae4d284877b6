"""Shopify: the door to one shop's platform. Global ids, topics and wire shapes stay in here."""
