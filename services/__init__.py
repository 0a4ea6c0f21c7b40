"""One package for each deployable service. None imports another; they meet only in `shared.events`."""
