"""What `benchmarks/providers.py` runs in processes of their own: one class for each contender.

    python benchmarks/provider_drivers.py NAME SETUP

Reads `["function", argument, …]` lines from stdin and prints each result as JSON. Imports nothing of ours unless the
contender is ours: LiteLLM's run in an environment without it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

MODEL = "gpt-4o-mini"
PROMPT = "Say hello."
TIMEOUT = 30.0
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


class Driver:
    """``build`` makes a client with all legs warm; ``one`` asks it once."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.legs: list[dict[str, str]] = setup["legs"]
        self.environment: dict[str, str] = setup["environment"]

    async def build(self) -> None:
        raise NotImplementedError

    async def one(self) -> str:
        raise NotImplementedError

    async def ask(self) -> dict[str, Any]:
        """One call: its milliseconds and what was answered."""
        started = time.perf_counter()
        try:
            text = await self.one()
        except Exception as error:  # noqa: BLE001 - whatever a contender raises is its result
            text = f"{type(error).__name__}"
        return {"ms": (time.perf_counter() - started) * 1000, "text": text}

    async def calls(self, count: int) -> list[float]:
        """Milliseconds of each of ``count`` calls, one after the other."""
        return [(await self.ask())["ms"] for _ in range(count)]


class Httpx(Driver):
    async def build(self) -> None:
        import httpx

        leg = self.legs[1]
        self.client = httpx.AsyncClient(base_url=leg["base_url"], headers={"Authorization": f"Bearer {leg['key']}"})

    async def one(self) -> str:
        document = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}]}
        response = await self.client.post("/chat/completions", json=document)
        text: str = response.json()["choices"][0]["message"]["content"]
        return text


class LangChain(Driver):
    async def build(self) -> None:
        self.model = self._model(self.legs[1])

    def _model(self, leg: dict[str, str], **retries: int) -> Any:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        return ChatOpenAI(
            model=MODEL,
            api_key=SecretStr(leg["key"]),
            base_url=leg["base_url"],
            timeout=TIMEOUT,
            use_responses_api=False,
            **({"max_retries": 0} | retries),
        )

    async def one(self) -> str:
        return str((await self.model.ainvoke(PROMPT)).text)


class WithFallbacks(LangChain):
    shipped = False

    async def build(self) -> None:
        models = [self._model(leg, **({"max_retries": 2} if self.shipped else {})) for leg in self.legs]
        for model in models:
            await model.ainvoke(PROMPT)
        self.model = models[0].with_fallbacks(models[1:])


class WithFallbacksShipped(WithFallbacks):
    shipped = True


class LiteLLM(Driver):
    async def build(self) -> None:
        import litellm

        litellm.suppress_debug_info = True
        self.litellm = litellm

    async def one(self) -> str:
        leg = self.legs[1]
        response = await self.litellm.acompletion(
            model=f"openai/{MODEL}",
            api_base=leg["base_url"],
            api_key=leg["key"],
            messages=[{"role": "user", "content": PROMPT}],
            timeout=TIMEOUT,
            max_retries=0,
        )
        text: str = response.choices[0].message.content
        return text


class LiteLLMRouter(Driver):
    retries: dict[str, int] = {"num_retries": 0, "max_retries": 0}  # noqa: RUF012

    async def build(self) -> None:
        import litellm
        from litellm import Router

        litellm.suppress_debug_info = True
        names = [leg["name"] for leg in self.legs]
        inner = {"max_retries": 0} if self.retries else {}
        models = [
            {
                "model_name": leg["name"],
                "litellm_params": {
                    "model": f"openai/{MODEL}",
                    "api_base": leg["base_url"],
                    "api_key": leg["key"],
                    "timeout": TIMEOUT,
                    **inner,
                },
            }
            for leg in self.legs
        ]
        outer = {"num_retries": 0} if self.retries else {}
        self.router = Router(model_list=models, fallbacks=[{names[0]: names[1:]}], **outer)
        for name in names:
            await self._ask(name)

    async def _ask(self, name: str) -> str:
        response = await self.router.acompletion(model=name, messages=[{"role": "user", "content": PROMPT}])
        text: str = response.choices[0].message.content
        return text

    async def one(self) -> str:
        return await self._ask(self.legs[0]["name"])


class LiteLLMRouterShipped(LiteLLMRouter):
    retries: dict[str, int] = {}  # noqa: RUF012


class Ours(Driver):
    llm: Any = None

    def _make(self, **options: Any) -> Any:
        from aion_r import create_llm
        from aion_r.core.settings import read_environment
        from aion_r.providers.clients import CallOptions
        from aion_r.providers.cooldown import Cooldown

        environment = read_environment(environ=self.environment)
        return create_llm(environment=environment, cooldown=Cooldown(), options=CallOptions(**options))

    async def build(self) -> None:
        from langchain_core.messages import HumanMessage

        from aion_r.providers.reply import Watch

        if self.llm:
            await self.llm.aclose()
        self.llm = self._make(timeout=TIMEOUT)
        for leg in self.llm.legs():  # as the others do: one call to each, so that its connection is open
            await leg.ask([HumanMessage(PROMPT)], {}, Watch())
        await self.one()

    async def one(self) -> str:
        return str((await self.llm.ainvoke(PROMPT)).text)

    async def load(self, count: int, rate: int) -> dict[str, Any]:
        """``count`` calls at once through one chain, each leg limited to ``rate`` requests a minute."""
        if self.llm:
            await self.llm.aclose()
        self.llm = self._make(timeout=60.0, requests_per_minute={leg["name"]: rate for leg in self.legs})
        await self.llm.awarm()
        started = time.perf_counter()
        answers = await asyncio.gather(*(self.ask() for _ in range(count)))
        seconds = time.perf_counter() - started
        await self.llm.aclose()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB
        answered = sum(answer["text"] == "hello" for answer in answers)
        return {"answered": answered, "seconds": seconds, "rss_mb": round(resident)}


DRIVERS: dict[str, type[Driver]] = {
    "httpx": Httpx,
    "langchain": LangChain,
    "with-fallbacks": WithFallbacks,
    "with-fallbacks-shipped": WithFallbacksShipped,
    "litellm": LiteLLM,
    "litellm-router": LiteLLMRouter,
    "litellm-router-shipped": LiteLLMRouterShipped,
    "aion-r": Ours,
}


async def serve(driver: Driver) -> None:
    """One line in, one line out, until stdin ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no result
    while line := await asyncio.to_thread(sys.stdin.readline):
        what, *arguments = json.loads(line)
        result = await getattr(driver, what)(*arguments)
        out.write(json.dumps(result) + "\n")
        out.flush()


if __name__ == "__main__":
    asyncio.run(serve(DRIVERS[sys.argv[1]](json.loads(sys.argv[2]))))
