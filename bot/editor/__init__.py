"""What an editor shows of plugins while they are written: findings, documentation, completion, fixes, links."""
