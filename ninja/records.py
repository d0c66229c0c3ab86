"""The records, discovered: `OPS` in teaching order, `NETS`, and `RECORDS`, which is both.

The package's own modules take them from here; everybody else writes `from ninja import OPS`.
"""

from ninja import nets, ops
from ninja.op import discover

OPS = discover(ops)
NETS = discover(nets)
RECORDS = {**OPS, **NETS}
