"""The tables of a rotation problem: from a folder or a zip of CSV files, or from the sheets of one workbook."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from tailored.match_source import BadFile, Rows
from tailored.match_tables import csv_rows, has_sheet, sheet_of

NAMES = ("settings", "stations", "visits", "classes")
OPTIONAL = ("crews",)
UNPACKED = 60 * 1024 * 1024
Tables = dict[str, tuple[str, Rows]]
"""Each table by its name, with the name that a person finds it by."""


def is_tables(path: Path) -> bool:
    """Whether the problem is given as tables, not as JSON."""
    return path.is_dir() or path.suffix.lower() in {".zip", ".xlsx", ".csv"}


def tables_of(path: Path) -> Tables:
    """All four tables, and that of crews where it is there; `BadFile` where one cannot be read."""
    if path.is_dir():
        return dict(_folder(path))
    if not path.is_file():
        raise BadFile(str(path), "没有这个文件", "there is no such file")
    if path.suffix.lower() == ".zip":
        return dict(_zip(path))
    if path.suffix.lower() == ".csv":
        raise BadFile(
            str(path),
            f"请给出含 {', '.join(NAMES)} 四个 CSV 文件的文件夹或 zip",
            f"give a folder or a zip with the CSV files {', '.join(NAMES)}",
        )
    names = [*NAMES, *(name for name in OPTIONAL if has_sheet(path, name))]
    return {name: (f"{path.name}[{name}]", sheet_of(path, name)) for name in names}


def _folder(path: Path) -> Iterator[tuple[str, tuple[str, Rows]]]:
    for name in (*NAMES, *OPTIONAL):
        file = path / f"{name}.csv"
        if name in OPTIONAL and not file.exists():
            continue
        try:
            yield name, (file.name, csv_rows(file.name, file.read_bytes()))
        except OSError as broken:
            raise BadFile(
                str(file), "没有这个文件，或无法读取", "is not there, or cannot be read"
            ) from broken


def _zip(path: Path) -> Iterator[tuple[str, tuple[str, Rows]]]:
    """The files may lie in a folder within the zip, as a folder that was packed does."""
    try:
        with ZipFile(path) as packed:
            found = {PurePosixPath(one.filename).name: one for one in packed.infolist()}
            if sum(one.file_size for one in found.values()) > UNPACKED:
                raise BadFile(path.name, "解压后过大", "too large when unpacked")
            for name in (*NAMES, *OPTIONAL):
                entry, shown = found.get(f"{name}.csv"), f"{path.name}[{name}.csv]"
                if entry is None and name in OPTIONAL:
                    continue
                if entry is None:
                    raise BadFile(shown, "压缩包中没有该文件", "is not in the zip")
                yield name, (shown, csv_rows(shown, packed.read(entry)))
    except (BadZipFile, OSError, RuntimeError, NotImplementedError) as broken:
        raise BadFile(path.name, "无法读取此 zip", f"this zip cannot be read: {broken}") from broken
