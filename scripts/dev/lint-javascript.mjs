// Checks the page's JavaScript without running it: every file parses, every import names a module
// that exports the name, and no import and no module is unused. `app.js` is the entry module;
// `browser/theme.js` and `browser/load-errors.js` are classic scripts, not modules.
//   node --experimental-vm-modules scripts/dev/lint-javascript.mjs FOLDER

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";

const [folder] = process.argv.slice(2);
const root = path.resolve(folder);
const SCRIPTS = new Set(
  ["browser/theme.js", "browser/load-errors.js"].map((name) => path.join(root, name)),
);
const complaints = new Set();
const modules = new Map();

const complain = (file, error) =>
  complaints.add(`${path.relative(process.cwd(), file)}: ${error.message ?? error}`);

const source = (file) => readFileSync(file, "utf8");

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));

const parse = (file) => {
  try {
    if (SCRIPTS.has(file)) return void new vm.Script(source(file), { filename: file });
    modules.set(file, new vm.SourceTextModule(source(file), { identifier: file }));
  } catch (error) {
    complain(file, error);
  }
};

const resolve = (specifier, from) => {
  const file = path.resolve(path.dirname(from), specifier);
  if (!existsSync(file)) throw new Error(`imports ${specifier}, which is not there`);
  if (!modules.has(file)) throw new Error(`imports ${specifier}, which is no module`);
  return modules.get(file);
};

// Linking finds a name that is imported and not exported; nothing is evaluated.
const link = async (file, module) => {
  if (module.status !== "unlinked") return;
  try {
    await module.link((specifier, from) => resolve(specifier, from.identifier));
  } catch (error) {
    complain(file, error);
  }
};

const importsOf = (text) =>
  [...text.matchAll(/^import\s+(?:\*\s+as\s+(\w+)|\{([^}]*)\})\s+from\s+"[^"]+";/gm)].flatMap(
    ([, whole, names]) =>
      whole ? [whole] : names.split(",").map((name) => name.trim().split(/\s+as\s+/).at(-1)).filter(Boolean),
  );

const findUnusedImports = (file) => {
  const text = source(file);
  const rest = text.replace(/^import\s[^;]*;/gm, "");
  for (const name of importsOf(text)) {
    const used = new RegExp(`(?<![\\w$])${name.replace("$", "\\$")}(?![\\w$])`);
    if (!used.test(rest)) complain(file, `imports ${name} and does not use it`);
  }
};

const reachable = (file, seen = new Set()) => {
  if (seen.has(file) || !modules.has(file)) return seen;
  seen.add(file);
  for (const [, specifier] of source(file).matchAll(/^(?:import|export)\s[^;"]*"(\.[^"]+)";/gm)) {
    reachable(path.resolve(path.dirname(file), specifier), seen);
  }
  return seen;
};

files.forEach(parse);
for (const [file, module] of modules) await link(file, module);
for (const file of modules.keys()) findUnusedImports(file);
const used = reachable(path.join(root, "app.js"));
for (const file of modules.keys()) if (!used.has(file)) complain(file, "is imported by nothing");

for (const complaint of complaints) console.error(complaint);
process.exit(complaints.size ? 1 : 0);
