"""The whole stack on one machine: MiniStack as AWS, and the same template deployed into it."""
