"""The size of a package: zipped as it is uploaded, and as Lambda unpacks it."""

import zlib
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

#: Folders smaller than this, in bytes when zipped, share one row.
_SMALL = 50_000


@dataclass(frozen=True)
class PackageSize:
    """Bytes of a package; `parts` has (zipped, unzipped) of each top-level name."""

    zipped: int
    unzipped: int
    parts: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, folder: Path) -> "PackageSize":
        """Measure a folder by zipping it at the highest compression level."""
        zipped: Counter[str] = Counter()
        unzipped: Counter[str] = Counter()
        archived = BytesIO()
        with ZipFile(archived, "w", ZIP_DEFLATED, compresslevel=zlib.Z_BEST_COMPRESSION) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = path.relative_to(folder)
                archive.write(path, name)
                entry = archive.getinfo(name.as_posix())
                zipped[name.parts[0]] += entry.compress_size
                unzipped[name.parts[0]] += entry.file_size
        parts = {name: (size, unzipped[name]) for name, size in zipped.most_common()}
        return cls(len(archived.getvalue()), sum(unzipped.values()), parts)

    def rows(self) -> list[list[str]]:
        """Table rows in megabytes: the largest part first, the total last."""
        large = {name: size for name, size in self.parts.items() if size[0] >= _SMALL}
        small = [size for name, size in self.parts.items() if name not in large]
        rows = [_row(name, *size) for name, size in large.items()]
        if small:
            others = f"{len(small)} smaller ones"
            rows.append(_row(others, sum(s[0] for s in small), sum(s[1] for s in small)))
        return [*rows, _row("total", self.zipped, self.unzipped)]


def _row(name: str, zipped: int, unzipped: int) -> list[str]:
    return [name, f"{zipped / 1e6:.2f}", f"{unzipped / 1e6:.2f}"]
