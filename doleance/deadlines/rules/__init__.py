"""The pure rules of deadlines, by topic: `calendar` counts days, `due` computes, `words` says, `clocks` and `thread`
decide what is opened, met and shown.
"""
