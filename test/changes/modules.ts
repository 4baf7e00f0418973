import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import { fingerprint } from './fingerprint';

/** A module of workflow code. */
export interface WorkflowModule {
  hash: string;
  /** Ids that it gives to `patched`. */
  patches: string[];
  /** Modules that it imports, types alone left out. */
  imports: string[];
}

/** Modules by their path from the root, with forward slashes. */
export type Modules = Readonly<Record<string, WorkflowModule>>;

const FOLDER = 'workflows';
// They list the others, and do nothing by themselves.
const BARRELS = [`${FOLDER}/index.ts`, `${FOLDER}/versioned.ts`];

/** Every module under workflows/, read from the working tree. */
export function readModules(root: string): Modules {
  const files = readdirSync(join(root, FOLDER), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${FOLDER}/${name.split(sep).join('/')}`)
    .filter((file) => !BARRELS.includes(file))
    .sort();
  return Object.fromEntries(files.map((file) => [file, readModule(root, file, files)]));
}

function readModule(root: string, file: string, all: readonly string[]): WorkflowModule {
  const code = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022, true);
  const imports: string[] = [];
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    if (!statement.moduleSpecifier || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    if (ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly) continue;
    const path = relative('.', join(dirname(file), statement.moduleSpecifier.text))
      .split(sep)
      .join('/');
    const found = [`${path}.ts`, `${path}/index.ts`].find((one) => all.includes(one));
    if (found) imports.push(found);
  }
  return { hash: fingerprint(code, file), patches: patchesOf(source), imports };
}

/** Ids of patches: texts, or constants of the module that hold one. */
function patchesOf(source: ts.SourceFile): string[] {
  const texts = new Map<string, string>();
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer)
    )
      texts.set(node.name.text, node.initializer.text);
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'patched') {
      const [id] = node.arguments;
      if (id && ts.isStringLiteral(id)) found.push(id.text);
      else found.push((id && ts.isIdentifier(id) && texts.get(id.text)) || '?');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The module that holds a workflow: `cleanDataset` is in workflows/clean-dataset.ts. */
export const moduleOf = (workflow: string): string =>
  `${FOLDER}/${workflow.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;

/** A module and all that it imports, directly or not. */
export function graphOf(modules: Modules, file: string, seen = new Set<string>()): Set<string> {
  const module = modules[file];
  if (!module || seen.has(file)) return seen;
  seen.add(file);
  for (const imported of module.imports) graphOf(modules, imported, seen);
  return seen;
}
