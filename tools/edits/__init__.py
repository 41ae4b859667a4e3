"""From a model's answer to a patch: reply parsing, matching, guarding, diffs."""
