"""Turns lessons, decks and operation files into the pages of the site.

`hooks.py` is the only file that MkDocs sees; everything else is plain functions. `README.md`
tells authors what they can write on a page.
"""
