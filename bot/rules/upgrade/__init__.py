"""Rules about what an update takes from those who have the plugin."""
