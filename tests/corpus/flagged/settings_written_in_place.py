"""A settings file is written in place: who reads meanwhile finds it empty."""

import atexit
import shutil
import tempfile
from pathlib import Path

EXPECT = {"test-failure", "thread-exception"}
MAX_SCHEDULES = 100

HOME = tempfile.mkdtemp()
atexit.register(shutil.rmtree, HOME)
SETTINGS = Path(HOME) / "settings"


def setup() -> Path:
    SETTINGS.write_text("on")
    return SETTINGS


def save(settings: Path) -> None:
    settings.write_text("off")


def load(settings: Path) -> None:
    assert settings.read_text() in ("on", "off")


WORKERS = [save, load]
