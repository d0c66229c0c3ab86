// Python's standard library for the page, with the modules that every check loads as bytecode:
// Pyodide ships their source only, and compiling it took more than a second of each first visit.
//
//   node stdlib.mjs LIBRARY.zip OUT.zip PACKAGE.zip...     which modules those are is found out by
//                                                          checking with the packages in place
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [library, out, ...packages] = process.argv.slice(2);
const bytes = (path) => new Uint8Array(readFileSync(path));
const python = await loadPyodide({ stdLibURL: library });
for (const path of packages) {
  python.unpackArchive(bytes(path), "zip", { extractDir: "/lib/python3.13/site-packages" });
}
python.FS.writeFile("/library.zip", bytes(library));
python.runPython(`
import importlib._bootstrap_external as loader
import importlib.util
import json
import sys
import zipfile

from ninja.dojo import answer
from ninja.exercises import EXERCISES

numpy = importlib.util.find_spec("numpy") is not None
for name, exercise in EXERCISES.items():
    if exercise.op.scalar or (numpy and name == "mlp"):
        for source in (exercise.solution, exercise.starter, "def backward(: pass"):
            answer("check", json.dumps({"exercise": name, "source": source}))

files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
loaded = {path.partition(".zip/")[2] for path in files if ".zip/" in path}
with (
    zipfile.ZipFile("/library.zip") as source,
    zipfile.ZipFile("/compiled.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as compiled,
):
    for name in source.namelist():
        data = source.read(name)
        if name in loaded:
            code = compile(data, name, "exec", dont_inherit=True, optimize=2)
            name += "c"
            data = bytes(loader._code_to_hash_pyc(code, importlib.util.source_hash(data), False))
        compiled.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
`);
writeFileSync(out, python.FS.readFile("/compiled.zip"));
