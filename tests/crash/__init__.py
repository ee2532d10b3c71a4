"""The promise, with every step of the code failing or dying."""
