"""Measures the release build of the shop, on loopback, in a folder of its own."""
