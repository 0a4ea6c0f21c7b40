"""Every event on the wire, one module for each service that says it. The vocabulary of the system."""
