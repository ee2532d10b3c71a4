"""The pages, one module each: a request in, HTML out."""
