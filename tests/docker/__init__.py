"""Every sample through `sam local invoke`, in containers, against a stack of the tests' own."""
