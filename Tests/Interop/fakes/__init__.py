"""Payment providers as their documents describe them, that misbehave by a seeded plan. Each keeps the truth, which is what
money it moved, apart from what it says. They were written from the documents alone, without a look at the shop's own
simulator or adapters, so that both can be wrong only independently."""
