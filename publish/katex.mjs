// One process for a whole build: a line of JSON with formulas in, a line with their HTML out.
import katex from "katex";
import { createInterface } from "node:readline";

const options = { throwOnError: true, strict: "error", macros: { "\\R": "\\mathbb{R}" } };

for await (const line of createInterface({ input: process.stdin })) {
  const answers = JSON.parse(line).map(([tex, display]) => {
    try {
      return { html: katex.renderToString(tex, { ...options, displayMode: display }) };
    } catch (error) {
      return { error: error.message };
    }
  });
  process.stdout.write(JSON.stringify(answers) + "\n");
}
