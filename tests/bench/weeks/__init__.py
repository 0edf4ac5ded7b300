"""Fifty members through eight weeks: `make weeks` plays them and writes down every message that anybody got.

Everything is real and in processes of its own: PostgreSQL, the playground, two bots that both sweep and deliver, a
worker that polls a small arXiv with the captured papers, ranks them and trains. Only the wall clock is ours
(`clock.c`): it is set forward ten minutes at a time, and all of them agree on it. The members are on the playground's
page: they say commands, press buttons, fill forms and answer questions, or don't, each in their own way.
"""
