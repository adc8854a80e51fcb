"""A settings file is written under another name, and replaced: who reads finds the old one or the
new one."""

import atexit
import shutil
import tempfile
from pathlib import Path

HOME = tempfile.mkdtemp()
atexit.register(shutil.rmtree, HOME)
SETTINGS = Path(HOME) / "settings"


def setup() -> Path:
    SETTINGS.write_text("on")
    return SETTINGS


def save(settings: Path) -> None:
    new = settings.with_suffix(".new")
    new.write_text("off")
    new.replace(settings)


def load(settings: Path) -> None:
    assert settings.read_text() in ("on", "off")


WORKERS = [save, load]
EACH_ONCE = True
