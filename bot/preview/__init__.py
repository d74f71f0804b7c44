"""What users see of a plugin, as plain values and as one HTML page."""
