"""Code and its tests from requirements: asked of a model, made a project, verified by the loop.

::

    from aion_r.api.generation import generate

    made = await generate("A stack with push, pop and peek.", language="go")
    made.code.files, made.code.tests, made.provider, made.cost
"""

from .asking import Generated, generate, generate_code

__all__ = ["Generated", "generate", "generate_code"]
