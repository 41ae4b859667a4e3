"""What clients send, for validation and for OpenAPI. Options are those of ``fix``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ...core.settings import SandboxChoice

LONGEST_PATH = 4096
LONGEST_PROMPT = 100_000
"""Characters of a system prompt or of requirements."""
Framework = Literal["pytest", "jest", "mocha", "vitest", "go", "cargo", "junit"]
Language = Literal["python", "javascript", "typescript", "go", "rust"]
ProviderName = Literal["groq", "openai", "github", "huggingface", "cloudflare", "offline"]
Status = Literal["queued", "running", "waiting", "finished", "cancelled", "interrupted"]
_NO_CONTROL = r"^[^\u0000-\u001f\u007f]*$"


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character") from None
    return value


_Whole = AfterValidator(_encodable)  # last: JSON Schema shows what stands before it
Text = Annotated[str, _Whole]
Line = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PATH, pattern=_NO_CONTROL), _Whole]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_CONTROL), _Whole]
Prose = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_PROMPT, pattern=r"[^\s\u0000-\u0020]"), _Whole
]
Globs = Annotated[list[Line], Field(max_length=100)]
Seconds = Annotated[float, Field(gt=0, le=1e7, allow_inf_nan=False)]
BranchName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=200)]


_NOTHING_WRITTEN: Any = {name: {"const": False} for name in ("apply_partial", "approve", "commit")}
_NOTHING_WRITTEN["branch"] = {"type": "null"}
_FITTING = {
    "python": ["pytest"],
    "javascript": ["jest", "mocha", "vitest"],
    "typescript": ["jest", "mocha", "vitest"],
    "go": ["go"],
    "rust": ["cargo"],
}
"""Frameworks that code can be written for, by language."""


def _given(name: str) -> Any:
    """JSON Schema: the field is there, and not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _only(action: str, extra: str | None) -> Any:
    """JSON Schema of a decision that takes ``extra`` and nothing else."""
    left_out = {name: {"type": "null"} for name in ("reason", "patch") if name != extra}
    needed = [extra] if extra == "patch" else []
    text = {"patch": {"type": "string", "pattern": r"\S"}} if extra == "patch" else {}
    return {"required": needed, "properties": {"action": {"const": action}} | left_out | text}


class Asked(BaseModel):
    """Unknown fields are errors: an option that is spelt wrong must not be passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RunRequest(Asked):
    """A run: which project, and the options of ``aion-r fix``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"path": "shop", "providers": ["offline"]},
                {"projectId": "p_0123456789abcdef", "budget_usd": 0.1, "approve": True},
            ],
            "oneOf": [_given("path"), _given("projectId")],
            "if": {"properties": {"no_apply": {"const": True}}, "required": ["no_apply"]},
            "then": {"properties": _NOTHING_WRITTEN},
        },
    )

    project_id: Annotated[str, StringConstraints(pattern=r"^p_[0-9a-f]{16}$")] | None = Field(
        None, alias="projectId", description="A registered project; this or `path`."
    )
    path: Line | None = Field(None, description="Folder of the project: absolute, or relative to a root.")
    framework: Framework | None = Field(None, description="Found from the project's files when absent.")
    language: Language | None = Field(None, description="Found from the project's files when absent.")
    test_command: Line | None = Field(
        None, description="Command that runs the tests. Only where the server was started with --unsafe-options."
    )
    test_timeout: Seconds | None = Field(None, description="Seconds for one run of the tests.")
    max_iterations: int | None = Field(None, ge=1, le=1000, description="Most fixes to try.")
    min_improvement: float | None = Field(
        None, ge=0, le=100, allow_inf_nan=False, description="Less than this per cent is a stall."
    )
    providers: Annotated[list[ProviderName], Field(min_length=1, max_length=6)] | None = Field(
        None, description='Whom to ask, in this order; ["offline"] alone means no model.'
    )
    model: Name | None = Field(None, description="Model to ask, instead of each provider's own.")
    samples: int | None = Field(None, ge=1, le=16, description="Answers to ask for at once.")
    budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="Most money for model calls."
    )
    budget_tokens: int | None = Field(None, gt=0, le=10**12, description="Most tokens for model calls.")
    time_limit: Seconds | None = Field(None, description="Most seconds for the whole run.")
    protect: Globs | None = Field(None, description="Never change these.")
    lock: Globs | None = Field(None, description="Never overwrite these, suggest.")
    sandbox: SandboxChoice | None = Field(
        None, description="copy and none only where the server was started with --unsafe-options."
    )
    require_sandbox: bool | None = Field(None, description="Refuse to run without isolation.")
    allow_network: bool | None = Field(
        None, description="Let the tests reach the network. Only with --unsafe-options of the server."
    )
    allow_test_edits: bool | None = Field(None, description="Let fixes change tests, too.")
    system_prompt: Prose | None = Field(
        None, description="Instructions that replace the built-in ones: the text itself."
    )
    no_cache: bool = Field(False, description="Ask again, even where an answer is known.")
    no_apply: bool = Field(False, description="Do not write the project, keep the patch.")
    apply_partial: bool = Field(False, description="Write the best patch, even if some still fail.")
    approve: bool = Field(False, description="Wait for POST …/approval before anything is written.")
    commit: bool = Field(False, description="Commit what was written with git.")
    branch: BranchName | None = Field(None, description="Commit it on a new branch.")

    @model_validator(mode="after")
    def _consistent(self) -> RunRequest:
        if (self.path is None) == (self.project_id is None):
            raise ValueError("give path or projectId, one of them")
        contradicting = [name for name in ("apply_partial", "approve", "commit", "branch") if getattr(self, name)]
        if self.no_apply and contradicting:
            raise ValueError(f"no_apply and {contradicting[0]} contradict each other: give one of them")
        return self


class ProjectRequest(Asked):
    """A folder to register."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "shop"}]})

    path: Line = Field(description="Absolute, or relative to a root.")


class DecisionRequest(Asked):
    """What is to become of the patch that a run asks about."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"action": "accept"}, {"action": "reject", "reason": "keep the signature"}],
            "oneOf": [_only("accept", None), _only("reject", "reason"), _only("edit", "patch")],
        }
    )

    action: Literal["accept", "reject", "edit"]
    reason: Annotated[str, StringConstraints(max_length=4000), _Whole] | None = Field(
        None, description="With reject: goes to the model, which tries again."
    )
    patch: Text | None = Field(None, description="With edit: the unified diff as it should be.")
    question: int | None = Field(None, ge=0, description="Counts for this question alone.")


class GenerateRequest(Asked):
    """Code to be written."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"requirements": "A stack with push, pop and peek.", "language": "python"}],
            "anyOf": [
                {"properties": {"language": {"enum": [language, None]}, "framework": {"enum": [*frameworks, None]}}}
                for language, frameworks in _FITTING.items()
            ],
        }
    )

    requirements: Prose
    language: Language | None = Field(None, description="Python, or what the framework tests, when absent.")
    framework: Literal["pytest", "jest", "mocha", "vitest", "go", "cargo"] | None = Field(
        None, description="The language's usual one when absent."
    )
    providers: Annotated[list[ProviderName], Field(min_length=1, max_length=6)] | None = None
    model: Name | None = None
    budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    budget_tokens: int | None = Field(None, gt=0, le=10**12)
