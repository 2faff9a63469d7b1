"""What a warm documents process costs: time a piece and memory, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shared.documents.fonts import FontSet

MEMORY_MB = 160
SECONDS = 1.2
"""A sealed receipt takes about 0.35 s of one core; the limit leaves room for a busy machine."""

_SCRIPT = """
import sys, time
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from paper import bill, receipt, slip
from shared.documents.produce import Producer
from shared.signing import LocalSigner
producer = Producer(LocalSigner(Path(sys.argv[1])), Path(sys.argv[2]))
views = [("bill", bill()), ("receipt", receipt()), ("slip", slip())]
spent = []
for turn in range(6):
    for kind, view in views:
        start = time.process_time()
        producer.produce(kind, 1, view.to_json())
        if kind == "receipt" and turn:
            spent.append(time.process_time() - start)
status = Path("/proc/self/status").read_text()
print(sorted(spent)[len(spent) // 2], status.split("VmRSS:")[1].split()[0])
"""


class TestAWarmProcess:
    def test_seals_a_receipt_quickly_and_stays_small(self, fonts: FontSet, keys_dir: Path) -> None:
        here = Path(__file__).resolve()
        command = [sys.executable, "-c", _SCRIPT, keys_dir, fonts.folder, here.parent, here.parents[2]]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert float(answer[0]) < SECONDS
        assert int(answer[1]) / 1024 < MEMORY_MB
