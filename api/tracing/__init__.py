"""What a run tells to those who watch many of them: OpenTelemetry spans, LangSmith traces, structured logs.

Nothing is imported, written or sent unless the process's environment asks for it (``docs/tracing.md``).
"""
