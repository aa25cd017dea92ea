"""The process that reads people's PDFs and pictures. Runs by itself (`python -I child.py FD`), never in a web process.

One *server* per parent keeps the libraries loaded and forks a *worker* per order, so that a hostile file costs one
process and nothing else: memory, processor, clock and output of a worker are bounded by the kernel. An order is a JSON
line over a socket that the parent sends; the answer is a JSON line on it, or none when the worker died.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

MEMORY = 1 << 30
SECONDS = 25
OUTPUT = 400 << 20
PAGES = 3000
PIXELS = 80_000_000
UNPACKED = 128 << 20
EDGE = 2400
# What an action may do: go to a page of this file, open a web address, turn pages.
ACTIONS = {"/GoTo", "/URI", "/Named"}
ANNOTATIONS = {
    "/Link", "/Text", "/FreeText", "/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Ink", "/Line", "/Square",
    "/Circle", "/Polygon", "/PolyLine", "/Caret", "/Popup", "/Widget",
}  # fmt: skip
# Keys that carry scripts, files, further actions or other forms of the document.
DROPPED = ("/AA", "/JS", "/EF", "/AF", "/OpenAction", "/XFA", "/Next", "/Collection", "/PieceInfo", "/Perms")
NAMES_DROPPED = ("/JavaScript", "/EmbeddedFiles", "/Renditions", "/AlternatePresentations")


class Refused(Exception):
    """A file that is not taken; the text is the code of the reason."""


# --- PDF --------------------------------------------------------------------------------------------------------


def prepare_pdf(source: str, target: str) -> dict[str, Any]:
    """Write the file anew without scripts, attachments and encryption; its number of pages."""
    import pikepdf

    try:
        pdf = pikepdf.open(source)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    with pdf:
        count = len(pdf.pages)
        if count == 0:
            raise Refused("damaged")
        if count > PAGES:
            raise Refused("too_many_pages")
        for name in DROPPED:
            if name in pdf.Root:
                del pdf.Root[name]
        names = pdf.Root.get("/Names")
        if isinstance(names, pikepdf.Dictionary):
            for name in NAMES_DROPPED:
                if name in names:
                    del names[name]
        for item in pdf.objects:
            measure(item)
            for found in dictionaries(item):
                disarm(found)
        for page in pdf.pages:
            page.contents_coalesce()
        pdf.remove_unreferenced_resources()
        pdf.save(target, encryption=False, deterministic_id=True, linearize=False)
    return {"pages": count}


def measure(stream: Any) -> None:
    """Refuse a stream that unpacks to more than a reader's program could hold, before anything unpacks it whole."""
    import pikepdf

    if not isinstance(stream, pikepdf.Stream):
        return
    if str(stream.get("/Subtype", "")) == "/Image":
        if int(stream.get("/Width", 0)) * int(stream.get("/Height", 0)) > PIXELS:
            raise Refused("too_large")
        return
    filters = stream.get("/Filter")
    if filters is None:
        return
    names = [str(name) for name in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    data = stream.read_raw_bytes()
    for name in names:
        if name not in ("/FlateDecode", "/Fl"):
            return
        try:
            data = zlib.decompressobj().decompress(data, UNPACKED + 1)
        except zlib.error:
            return  # a damaged stream shows nothing; readers skip it
        if len(data) > UNPACKED:
            raise Refused("too_large")


def dictionaries(item: Any) -> Iterator[Any]:
    """The dictionaries in an object, itself included; what lies behind a reference is an object of its own."""
    import pikepdf

    waiting = [(item, 0)]
    while waiting:
        at, depth = waiting.pop()
        if depth > 100:
            raise Refused("damaged")
        if isinstance(at, pikepdf.Array):
            waiting += [(value, depth + 1) for value in at if not value_is_indirect(value)]
        elif isinstance(at, pikepdf.Stream | pikepdf.Dictionary):
            yield at
            waiting += [(value, depth + 1) for value in dict(at).values() if not value_is_indirect(value)]


def value_is_indirect(value: Any) -> bool:
    """Whether a value is a reference, or too plain to hold anything."""
    return bool(getattr(value, "is_indirect", True))


def disarm(found: Any) -> None:
    """Take scripts, files and actions that reach outside from a dictionary."""
    import pikepdf

    for name in DROPPED:
        if name in found:
            del found[name]
    action = found.get("/A")
    if isinstance(action, pikepdf.Dictionary) and str(action.get("/S", "")) not in ACTIONS:
        del found["/A"]
    if str(found.get("/S", "")) in (
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Rendition",
    ):
        found["/S"] = pikepdf.Name("/Named")
        for name in ("/F", "/Win", "/D", "/N"):
            if name in found:
                del found[name]
    marks = found.get("/Annots")
    if isinstance(marks, pikepdf.Array):
        kept = [
            m
            for m in marks
            if isinstance(m, pikepdf.Dictionary) and str(m.get("/Subtype", "")) in ANNOTATIONS
        ]
        found["/Annots"] = pikepdf.Array(kept)


def stamp_pdf(source: str, target: str, first: int, last: int, glyphs: str, width: float) -> dict[str, Any]:
    """Write pages `first` to `last` (from 1) with the mark over each; the page's own drawing is closed in a form."""
    import pikepdf

    with pikepdf.open(source) as pdf, pikepdf.new() as made:
        last = min(last, len(pdf.pages))
        for index in range(first - 1, last):
            made.pages.append(pdf.pages[index])
        mark = made.make_stream(glyphs.encode("ascii"))
        mark.Type, mark.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        mark.BBox = pikepdf.Array([-20, -400, width + 20, 1100])
        sheets: dict[tuple[float, ...], Any] = {}
        for page in made.pages:
            box = [float(edge) for edge in page.cropbox]
            turned = int(page.get("/Rotate", 0)) % 360
            key = (*box, turned)
            if not glyphs:
                continue
            if key not in sheets:
                sheets[key] = sheet(made, mark, box, turned, width)
            own = own_drawing(made, page)
            page.obj["/Contents"] = made.make_stream(b"q /DfPage Do Q q /DfMark Do Q")
            page.obj["/Resources"] = pikepdf.Dictionary(
                XObject=pikepdf.Dictionary(DfPage=own, DfMark=sheets[key])
            )
        made.save(target, deterministic_id=True)
    return {"pages": max(0, last - first + 1)}


def own_drawing(made: Any, page: Any) -> Any:
    """What a page draws as a form of its own, so that nothing it leaves open reaches the mark."""
    import pikepdf

    drawn = page.obj.get("/Contents")
    form = made.make_stream(drawn.read_raw_bytes() if isinstance(drawn, pikepdf.Stream) else b"")
    for name in ("/Filter", "/DecodeParms"):
        if isinstance(drawn, pikepdf.Stream) and name in drawn:
            form[name] = drawn[name]
    form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    form.BBox = pikepdf.Array(list(page.mediabox))
    form.Resources = page.resources
    if "/Group" in page.obj:
        form.Group = page.obj.Group
    return form


def sheet(made: Any, mark: Any, box: list[float], turned: int, width: float) -> Any:
    """A form as large as the page with the mark in rows across it, shared by all pages of one size."""
    import math

    import pikepdf

    left, bottom, right, top = (
        min(box[0], box[2]),
        min(box[1], box[3]),
        max(box[0], box[2]),
        max(box[1], box[3]),
    )
    span = max(right - left, top - bottom, 1.0)
    size = max(span / 68, 6.0) / 1000
    angle = math.radians(30 + turned)
    cos, sin = math.cos(angle) * size, math.sin(angle) * size
    # In the mark's own turned axes, so that rows lie side by side however long the text is.
    step_x, step_y = width + 4000, 9500.0
    middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
    reach = span * 0.75 / size
    lines, row, y = [b"/DfFaint gs 0.35 g"], 0, -reach
    while y < reach and len(lines) < 900:
        x = -reach - step_x * (row % 2) / 2
        while x < reach:
            e, f = middle_x + x * cos - y * sin, middle_y + x * sin + y * cos
            lines.append(
                f"q {cos:.6f} {sin:.6f} {-sin:.6f} {cos:.6f} {e:.3f} {f:.3f} cm /DfText Do Q".encode()
            )
            x += step_x
        y, row = y + step_y, row + 1
    form = made.make_stream(b"\n".join(lines))
    form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    form.BBox = pikepdf.Array([left, bottom, right, top])
    faint = pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, ca=0.2, CA=0.2)
    form.Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(DfText=mark), ExtGState=pikepdf.Dictionary(DfFaint=faint)
    )
    return form


# --- pictures ---------------------------------------------------------------------------------------------------


def prepare_image(source: str, target: str) -> dict[str, Any]:
    """Decode a picture and write its pixels anew, upright and no larger than a screen shows."""
    from PIL import Image, ImageOps

    with Image.open(source, formats=("JPEG", "PNG", "WEBP", "GIF")) as picture:
        if picture.format == "JPEG":
            picture.draft("RGB", (EDGE * 2, EDGE * 2))
        upright = ImageOps.exif_transpose(picture)
        see_through = "A" in upright.getbands() or "transparency" in upright.info
        pixels = upright.convert("RGBA" if see_through else "RGB")
    if see_through:
        ground = Image.new("RGB", pixels.size, "white")
        ground.paste(pixels, mask=pixels.getchannel("A"))
        pixels = ground
    pixels.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    pixels.info = {}
    pixels.save(target, "WEBP", quality=88, method=3)
    return {"width": pixels.width, "height": pixels.height}


def stamp_image(source: str, target: str, text: str, font: str) -> dict[str, Any]:
    """Draw the mark into a picture's pixels and write it anew."""
    from PIL import Image, ImageDraw, ImageFont

    with Image.open(source, formats=("WEBP",)) as picture:
        pixels = picture.convert("RGB")
    size = max(14, max(pixels.size) // 64)
    letters = ImageFont.truetype(font, size)
    width = int(letters.getlength(text)) + 4 * size
    reach = int((pixels.width**2 + pixels.height**2) ** 0.5) + 2
    layer = Image.new("L", (reach, reach), 0)
    pen = ImageDraw.Draw(layer)
    for row, y in enumerate(range(0, reach, size * 8)):
        for x in range(-(row % 2) * width // 2, reach, width):
            pen.text((x, y), text, font=letters, fill=110)
    layer = layer.rotate(30, resample=Image.Resampling.BILINEAR)
    left, top = (reach - pixels.width) // 2, (reach - pixels.height) // 2
    mask = layer.crop((left, top, left + pixels.width, top + pixels.height))
    # A light edge under grey letters shows on dark and on bright ground.
    pixels.paste("white", (1, 1), mask.crop((0, 0, pixels.width - 1, pixels.height - 1)))
    pixels.paste((90, 90, 90), (0, 0), mask)
    pixels.save(target, "WEBP", quality=86, method=3)
    return {"width": pixels.width, "height": pixels.height}


# --- server -----------------------------------------------------------------------------------------------------

WORKS: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare_pdf": prepare_pdf,
    "stamp_pdf": stamp_pdf,
    "prepare_image": prepare_image,
    "stamp_image": stamp_image,
}


def work(order: dict[str, Any]) -> dict[str, Any]:
    """Do one order; the answer names the reason when the file is not taken."""
    try:
        return WORKS[order["work"]](**order["given"])
    except Refused as refusal:
        return {"error": str(refusal)}
    except MemoryError:
        return {"error": "too_large"}
    except Exception as error:
        # Whatever a library makes of a hostile file, the file is at fault and the parent decides.
        bomb = type(error).__name__.startswith("DecompressionBomb")
        return {
            "error": "too_large" if bomb else "damaged",
            "detail": f"{type(error).__name__}: {error}"[:300],
        }


def limit(order: dict[str, Any]) -> None:
    """Bound this worker. The alarm ends it even when it waits for nothing but itself."""
    memory, seconds = int(order.get("memory", MEMORY)), int(order.get("seconds", SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds + 5)


def serve(control: socket.socket) -> None:
    """Fork a worker for each order until the parent goes away."""
    import pikepdf  # noqa: F401
    from PIL import Image, ImageDraw, ImageFont, WebPImagePlugin  # noqa: F401

    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        _message, handles, _flags, _from = socket.recv_fds(control, 1, 1)
        if not handles:
            return
        if os.fork() == 0:
            control.close()
            with socket.socket(fileno=handles[0]) as line, line.makefile("rb") as stream:
                order = json.loads(stream.readline())
                limit(order)
                line.sendall(json.dumps(work(order)).encode() + b"\n")
            os._exit(0)
        os.close(handles[0])


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
