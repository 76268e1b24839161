"""The plain pages for people: HTML without scripts."""
