"""Five services, one chain: each leg is prompt, chat model, parsed answer."""
