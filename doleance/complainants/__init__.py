"""Who complains: people and organisations, the addresses they write from, those who act for them."""
