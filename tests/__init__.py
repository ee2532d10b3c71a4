"""Tests: support/ (builders, fakes), unit/ (no network), integration/ (moto, from the template)."""
