"""What is measured, how, and against whom; nothing here is shipped."""
