"""Reading in a limited child process: what is said to it and by it, the process itself, and those who ask it."""
