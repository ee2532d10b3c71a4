"""The checks of `hooks doctor`. No check stops another, and none leaves anything behind."""
