"""What the platform calls."""
