"""Other ways to receive webhooks, as a developer would write them."""
