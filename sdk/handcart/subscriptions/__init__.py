"""What the app wants to hear of, what the platform was told, and how to make the two agree."""
