"""Run-time adapters that the nodes use: test frameworks, isolation, edits, fault localization, the offline search.

These are parts of the product, not maintenance scripts. They know ``core`` and each other, never a provider.
"""
