"""Pictures that the bot draws itself, with Pillow alone: no matplotlib, no browser, no network."""
