"""jest, vitest and mocha, which share their packages, stacks and records."""
