"""Speed and fault harnesses that anyone can run; README.md holds the measured figures."""
