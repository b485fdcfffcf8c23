"""Template tags without a business word: `ui` draws the pieces of every page, `marks` sets text, time and amounts."""
