"""What tests share: builders, fakes, samples, the template."""
