"""One file per operation: forward, backward, examples, mistakes, hints, source."""
