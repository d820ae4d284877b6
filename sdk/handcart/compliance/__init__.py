"""What privacy law asks for: a person's export, erasure, and the receipt of it."""
