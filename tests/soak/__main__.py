"""`python -m tests.soak [KILLS] [SEED]`: the long soak; prints its figures as one line of JSON."""

import json
import sys
import tempfile
from pathlib import Path

from tests.soak.kills import Soak

kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
with tempfile.TemporaryDirectory(prefix="kkiri-soak-") as folder:
    sys.stdout.write(json.dumps(Soak(folder=Path(folder), seed=seed).run(kills)) + "\n")
