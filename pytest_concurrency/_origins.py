"""Whose code is this? The plugin's own, the standard library's, the program's."""

from __future__ import annotations

import os
import threading
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
OWN = str(PACKAGE) + os.sep
"""What the file names of the plugin's own code begin with."""
LIBRARY = str(Path(threading.__file__).parent)
"""What those of the standard library begin with; those of installed packages may, too."""
