"""The marketplace's policy as data: its checks by name, with dates and sources, and how a review stands to each."""
