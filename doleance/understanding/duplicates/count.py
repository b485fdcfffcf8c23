"""Counts anew which stems the shipped examples say, for `rarity`.

python -m doleance.understanding.duplicates.count      writes the file
"""

import sys
from pathlib import Path

from doleance.understanding.duplicates import rarity
from doleance.understanding.model import lessons


def main() -> int:
    """Write the file of stems."""
    told = rarity.counted(one.text for one in lessons.shipped())
    Path(rarity.__file__).with_name(rarity.FILE).write_text(told, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
