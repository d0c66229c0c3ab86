// @ts-check
// CodeMirror 6, with no more of it than a few lines of Python need; loaded when somebody is about
// to type. Its colours are the page's own variables, so light and dark need no script.
import {
  history, historyKeymap, indentWithTab, moveLineDown, moveLineUp, standardKeymap, toggleLineComment,
} from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { python } from "@codemirror/legacy-modes/mode/python"; // 25 kB less than a whole parser
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const LEAVE = 60_000; // ms after Esc in which Tab leaves the editor, unless another key comes first

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--md-code-hl-keyword-color)" },
  { tag: tags.string, color: "var(--md-code-hl-string-color)" },
  { tag: tags.number, color: "var(--md-code-hl-number-color)" },
  { tag: tags.standard(tags.variableName), color: "var(--md-code-hl-constant-color)" },
  { tag: tags.definition(tags.variableName), color: "var(--md-code-hl-function-color)" },
  { tag: tags.comment, color: "var(--md-code-hl-comment-color)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--ninja-ink)", backgroundColor: "var(--ninja-tint)", borderRadius: "var(--ninja-radius)" },
  "&.cm-focused": { outline: "2px solid var(--ninja-accent)" },
  ".cm-scroller": { fontFamily: "var(--ninja-code)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--ninja-ink)", padding: "0.6rem 0" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ninja-muted)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--ninja-wash-inherited) 55%, transparent)" },
});

/** The line of an error: its place, or null. What is wrong with it is said below the editor. */
const setFault = StateEffect.define();
const fault = StateField.define({
  create: () => Decoration.none,
  update(marked, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setFault)) continue;
      const line = Decoration.line({ class: "ninja-fault-line" });
      marked = effect.value === null ? Decoration.none : Decoration.set([line.range(effect.value)]);
    }
    return marked.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/**
 * @param {{parent: Element, text: string, label: string, describedBy: string,
 *          changed: (text: string) => void, check: () => void}} options
 */
export function makeEditor({ parent, text, label, describedBy, changed, check }) {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        highlightSpecialChars(),
        highlightActiveLine(),
        indentUnit.of("    "),
        indentOnInput(),
        bracketMatching(),
        StreamLanguage.define(python),
        fault,
        EditorView.scrollMargins.of(() => ({ top: 80 })), // the page's header lies over it
        syntaxHighlighting(colours),
        look,
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-describedby": describedBy,
          autocapitalize: "off",
          autocorrect: "off",
          spellcheck: "false",
        }),
        keymap.of([
          { key: "Mod-Enter", preventDefault: true, run: () => (check(), true) },
          { key: "Escape", run: (view) => (view.setTabFocusMode(LEAVE), true) },
          { key: "Mod-/", run: toggleLineComment },
          { key: "Alt-ArrowUp", run: moveLineUp },
          { key: "Alt-ArrowDown", run: moveLineDown },
          indentWithTab,
          ...standardKeymap,
          ...historyKeymap,
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  const line = (number) => view.state.doc.line(Math.max(1, Math.min(number, view.state.doc.lines)));
  return {
    text: () => view.state.doc.toString(),
    set: (now) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: now } }),
    focus: () => view.focus(),
    mark: (number) => view.dispatch({ effects: setFault.of(line(number).from) }),
    unmark: () => view.dispatch({ effects: setFault.of(null) }),
    goTo(number) {
      view.dispatch({ selection: { anchor: line(number).from }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
