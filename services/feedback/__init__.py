"""What enterprises say, and whether it is true."""
