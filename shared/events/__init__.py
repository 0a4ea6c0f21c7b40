"""Every event on the wire, one module or package for each service that says it. The vocabulary of the system."""
