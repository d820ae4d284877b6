"""How far shoppers come on the web: counts by day, and nothing that says who they were."""
