import { createHash } from 'node:crypto';
import ts from 'typescript';

/**
 * A hash of what code does: the same whatever its comments, types, layout, names of variables and texts for people, so that what can
 * not matter to a run asks nobody for anything. A text is for people where it has a blank in it: names of activities, ids and patches
 * have none.
 */
export function fingerprint(code: string, file = 'module.ts'): string {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022, true);
  const names = new Map([...localNames(source)].map((name) => [name, '']));
  const hash = createHash('sha256');
  let numbered = 0;
  const nameOf = ({ text }: ts.Identifier): string => {
    if (!names.has(text)) return text;
    const known = names.get(text) || `#${++numbered}`;
    names.set(text, known);
    return known;
  };
  const visit = (node: ts.Node): void => {
    if (isForTypes(node)) return;
    hash.update(`(${node.kind}`);
    if (ts.isIdentifier(node)) hash.update(` ${isProperty(node) ? node.text : nameOf(node)}`);
    else if (isText(node)) hash.update(` ${/\s/.test(node.text) ? '' : JSON.stringify(node.text)}`);
    else if (ts.isNumericLiteral(node) || ts.isRegularExpressionLiteral(node)) hash.update(` ${node.text}`);
    else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) hash.update(` ${node.operator}`);
    else if (ts.isVariableDeclarationList(node)) hash.update(` ${node.flags & ts.NodeFlags.BlockScoped}`);
    // `{ total }` is the property of that name, whatever the variable is called.
    if (ts.isShorthandPropertyAssignment(node)) hash.update(` ${node.name.text}`);
    ts.forEachChild(node, visit);
    hash.update(')');
  };
  visit(source);
  return hash.digest('hex').slice(0, 16);
}

const isText = (node: ts.Node): node is ts.StringLiteral | ts.TemplateLiteralToken =>
  ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateLiteralToken(node);

/** What is gone when the code runs. */
function isForTypes(node: ts.Node): boolean {
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node))
    return true;
  if (ts.isImportDeclaration(node)) return node.importClause?.isTypeOnly === true || isAllTypes(node.importClause);
  if (ts.isExportDeclaration(node) || ts.isImportSpecifier(node)) return node.isTypeOnly;
  if (ts.isModifier(node)) return node.kind !== ts.SyntaxKind.AsyncKeyword && node.kind !== ts.SyntaxKind.StaticKeyword;
  return node.kind === ts.SyntaxKind.QuestionToken || node.kind === ts.SyntaxKind.ExclamationToken;
}

function isAllTypes(clause: ts.ImportClause | undefined): boolean {
  const bindings = clause?.namedBindings;
  return !clause?.name && !!bindings && ts.isNamedImports(bindings) && bindings.elements.every((one) => one.isTypeOnly);
}

/** A name after a dot or before a colon is part of what the code says to others, not a variable. */
function isProperty({ parent, pos }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return parent.name.pos === pos;
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent))
    return parent.name.pos === pos;
  if (ts.isGetAccessorDeclaration(parent) || ts.isSetAccessorDeclaration(parent)) return parent.name.pos === pos;
  return ts.isBindingElement(parent) && parent.propertyName?.pos === pos;
}

/** Names of variables, parameters and functions that nobody outside sees. `{ total }` in a pattern is a property's name too. */
function localNames(source: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isDeclared = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isFunctionDeclaration(node);
    const isNamed =
      ts.isBindingElement(node) && (node.propertyName !== undefined || ts.isArrayBindingPattern(node.parent));
    if ((isDeclared || isNamed) && node.name && ts.isIdentifier(node.name) && !isExported(node))
      found.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isExported(node: ts.Node): boolean {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}
