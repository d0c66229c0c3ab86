// Answers questions to `ninja.dojo` as the page's worker does, in Pyodide under Node.
//
//   node pyodide.mjs PYODIDE ROOT [WHEEL]     the package of npm, our checkout, NumPy's wheel
//
// Reads a JSON list of [method, arguments] from standard input, writes the list of answers.

import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const questions = JSON.parse(await text(process.stdin));
const [home, root, wheel] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${home}/pyodide.mjs`));
const quiet = () => {};
const python = await loadPyodide({ indexURL: `${home}/`, stdout: quiet, stderr: quiet });
if (wheel) await python.loadPackage(pathToFileURL(wheel).href, { messageCallback: quiet });
python.mountNodeFS("/checkout", root);
python.runPython("import sys; sys.path.insert(0, '/checkout'); sys.dont_write_bytecode = True");
const answer = python.pyimport("ninja.dojo").answer;
const answers = questions.map(([method, given]) => JSON.parse(answer(method, JSON.stringify(given))));
process.stdout.write(JSON.stringify(answers));
