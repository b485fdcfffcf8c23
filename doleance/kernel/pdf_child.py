"""The typesetter: makes papers one at a time, with limits on its memory and its time, from what its parent tells it.

Started by `pdf.py` with an empty environment; it knows no secret and opens no connection. Typefaces are looked up once
in its life: ours first, then those of the machine, for names in scripts that ours do not have.
"""

import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import typst

from doleance.kernel import confined, pdf_wire
from doleance.kernel.pdf_wire import Answer, Made

if TYPE_CHECKING:
    from typst import PDFStandard

_NOWHERE = Path("/nonexistent")
FONTS = ("font_source_sans_pro", "font_source_serif_pro")
STANDARDS: "list[PDFStandard]" = ["a-2a", "ua-1"]


def main(cpu_seconds: int, memory_bytes: int) -> int:
    """Serve until the parent closes the pipe. A paper that takes too much ends the process."""
    confined.confine(memory_bytes)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    fonts = typefaces()
    while True:
        confined.allow(cpu_seconds)
        request = pdf_wire.read_request(requests)
        if request is None:
            return 0
        pdf_wire.send_answer(answers, typeset(*request, fonts))


def typefaces() -> typst.Fonts:
    """Ours, then the machine's and the typesetter's own."""
    return typst.Fonts(font_paths=[str(files(package).joinpath("files")) for package in FONTS])


def typeset(template: Path, data: bytes, fonts: typst.Fonts) -> Answer:
    """One paper, under both standards where every sign of it can be drawn.

    `root`: a template opens nothing outside its own folder; no package is ever fetched, there is nowhere to keep one.
    """
    try:
        compiler = typst.Compiler(
            template,
            root=template.parent,
            font_paths=fonts,
            sys_inputs={"data": data.decode()},
            package_path=_NOWHERE,
            package_cache_path=_NOWHERE,
        )
        return _strict(compiler) or Answer(Made.PLAIN, _compiled(compiler, []))
    except (RuntimeError, TypeError, OSError) as error:  # the diagnostic may quote people's words: its kind is enough
        return Answer(Made.NOTHING, type(error).__name__.encode())


def _strict(compiler: typst.Compiler) -> Answer | None:
    try:
        return Answer(Made.STANDARD, _compiled(compiler, STANDARDS))
    except typst.TypstError:
        return None


def _compiled(compiler: typst.Compiler, standards: "list[PDFStandard]") -> bytes:
    made = compiler.compile(format="pdf", pdf_standards=standards, timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("several files")
    return made


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
