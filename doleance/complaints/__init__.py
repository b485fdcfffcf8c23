"""The complaint itself: dossier, grievances, exchanges, taxonomy, and the table of its states."""
