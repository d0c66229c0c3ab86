"""Whole networks as straight-line programs: every intermediate value has a name and a gradient."""
