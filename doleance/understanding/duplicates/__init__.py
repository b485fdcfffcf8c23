"""Whether two messages are about one matter of one person: pure scoring, explained."""
