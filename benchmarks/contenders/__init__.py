"""Other ways to receive webhooks, as a developer would write them, and Handcart's own apps."""
