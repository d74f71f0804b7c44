"""The Action: reads what the runner and the event say, reviews the change, and publishes."""
