"""The parts of tools/reproduce."""
