"""The sandbox bank: a stranger that happens to run on the same machine.

It shares no code with Yidan and knows it only by `docs/channel.md`; a real bank replaces
it by speaking the same contract.
"""
