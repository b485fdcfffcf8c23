"""Resolution: findings, replies, closing."""
