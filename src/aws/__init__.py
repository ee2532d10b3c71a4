"""KEEPING AND CARRYING: the only room that speaks to AWS or reads the environment."""
