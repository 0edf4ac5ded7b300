"""What runs away from the chat: the queue, the trainer process, one recipe a project.

The light face (`catalogue`, `report`, `messages`, `queue`, `settings`) imports no torch, and is all that the
bot sees.
"""
