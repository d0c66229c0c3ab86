"""Write constraints.txt: the exact version of everything that pip installs for this repository.

Reads pip's installation report on standard input and writes the file to standard output; `make
lock` connects the two.  Each pin names what asks for it.
"""

import json
import re
import sys
from typing import Any

OURS = "backprop-ninja"
HEADER = """\
# Written by `make lock`: the version of every package that is installed for this repository.
# To move torch, which has a build for each kind of machine, edit its line and run `make lock`.
"""


def normal(name: str) -> str:
    """The one spelling of a distribution's name.

    >>> normal("Jinja2"), normal("ruamel.yaml_clib")
    ('jinja2', 'ruamel-yaml-clib')
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def constraints(report: dict[str, Any]) -> str:
    """The text of constraints.txt for pip's report, without our own distribution.

    >>> wheel = {"name": "Jinja2", "version": "3.1.6+local", "requires_dist": []}
    >>> site = {"name": "mkdocs", "version": "1.6.1", "requires_dist": ["jinja2>=2.11"]}
    >>> print(constraints({"install": [{"metadata": wheel}, {"metadata": site}]}))
    jinja2==3.1.6  # mkdocs
    mkdocs==1.6.1
    <BLANKLINE>
    """
    packages = {normal(p["metadata"]["name"]): p["metadata"] for p in report["install"]}
    askers: dict[str, list[str]] = {name: [] for name in packages}
    for asker, metadata in packages.items():
        for requirement in metadata.get("requires_dist", []):
            if asker != OURS and "extra ==" in requirement:
                continue  # of an extra that nobody here asked for, as far as one can tell
            asked = normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
            if asked in askers and asker not in askers[asked] and asker != asked:
                askers[asked].append(asker)
    lines = []
    for name in sorted(packages.keys() - {OURS}):
        pin = f"{name}=={packages[name]['version'].partition('+')[0]}"
        reasons = ", ".join(sorted(askers[name]))
        lines.append(f"{pin}  # {reasons}" if reasons else pin)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(HEADER + constraints(json.load(sys.stdin)))
