"""The platform the shop runs on: a port that the rooms speak through, and one folder a platform."""
