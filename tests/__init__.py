"""The tests: a mirror of doleance/, whole journeys in stories/, our own rules in house/."""
