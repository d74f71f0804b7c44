"""From findings to a review: what is new, what does not count, and what is said where."""
