"""The page that `hooks console` serves: it reads through `cli.reading`, as the program does."""
