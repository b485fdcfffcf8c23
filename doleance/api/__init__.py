"""What other programs ask of Doléance: complaints told, read, continued, by a key (`doleance.keys`). No rule here."""
