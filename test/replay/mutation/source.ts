import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

/** A node of the syntax tree (ESTree with types), with UTF-16 offsets. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** A file of workflow code. */
export interface Source {
  /** Absolute. */
  path: string;
  /** Below the repository: `workflows/lead.ts`. */
  file: string;
  text: string;
  program: Node;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Every file of workflow code, parsed. */
export function readSources(): Source[] {
  return readdirSync(join(ROOT, 'workflows'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort()
    .map((name) => {
      const path = join(ROOT, 'workflows', name);
      return parse(path, `workflows/${name}`, readFileSync(path, 'utf8'));
    });
}

export function parse(path: string, file: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  return { path, file, text, program: program as unknown as Node };
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** Visits a node and all below it, the outer before the inner, with the nodes around each, innermost first. */
export function walk(
  node: Node,
  visit: (node: Node, around: readonly Node[]) => void,
  around: readonly Node[] = [],
): void {
  visit(node, around);
  const within = [node, ...around];
  for (const child of childrenOf(node)) walk(child, visit, within);
}

export const lineOf = ({ text }: Source, { start }: { start: number }): number =>
  text.slice(0, start).split('\n').length;

export const textOf = ({ text }: Source, { start, end }: { start: number; end: number }): string =>
  text.slice(start, end);

/** Name of an identifier, plain or private; undefined for anything else. */
export const nameOf = (node: unknown): string | undefined =>
  isNode(node) && (node.type === 'Identifier' || node.type === 'PrivateIdentifier')
    ? `${node.type === 'PrivateIdentifier' ? '#' : ''}${String(node.name)}`
    : undefined;

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
export const isFunction = (node: Node): boolean => FUNCTIONS.has(node.type);
