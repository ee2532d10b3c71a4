"""The template after SAM's transform, as CloudFormation gets it. `make template` runs these tests."""
