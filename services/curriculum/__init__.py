"""What is taught, and how it changes."""
