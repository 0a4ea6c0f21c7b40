"""Programme templates: one grammar, and the ten schemes that ship as data."""
