"""The command `tailored`: the one place that sees all services."""
