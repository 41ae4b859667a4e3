"""The search where a build is dear: candidates in batches, many in one build, one in force at a time."""
