"""Re-encodes one picture in a process of its own, with limits; run as `python -m dealflow.files.image_child`.

Takes the source and a folder; writes `large.webp` and `small.webp` there and prints their sizes as JSON. What
comes out holds pixels only: no EXIF, no comments, no trailing bytes. Exit 3: no picture, or too many pixels.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from pathlib import Path

PIXELS = 60_000_000
VARIANTS = {"large": 1600, "small": 480}
MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 20
REFUSED = 3


def main(source: str, folder: str) -> int:
    """Write the variants."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    made = {}
    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP", "GIF")) as picture:
            if picture.format == "JPEG":
                # Lets the decoder skip detail that no variant shows.
                picture.draft("RGB", (max(VARIANTS.values()) * 2,) * 2)
            upright = ImageOps.exif_transpose(picture)
            transparent = "A" in upright.getbands() or "transparency" in upright.info
            pixels = upright.convert("RGBA" if transparent else "RGB")
        for name, edge in VARIANTS.items():
            variant = pixels.copy()
            variant.thumbnail((edge, edge), Image.Resampling.LANCZOS)
            variant.info = {}
            variant.save(Path(folder) / f"{name}.webp", "WEBP", quality=82, method=4)
            made[name] = {"width": variant.width, "height": variant.height}
    except (
        UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError,
        SyntaxError, MemoryError,
    ) as error:  # fmt: skip
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - the parent reads it
        return REFUSED
    print(json.dumps(made))  # noqa: T201 - the parent reads it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
