import { LineCounter, parseDocument } from 'yaml';
import type { Fault } from './fault.ts';

export type Environment = Record<string, string | undefined>;
export type Tree = Record<string, unknown>;
export type Path = ReadonlyArray<PropertyKey>;

/** `tenants[0].channels[1].token` */
export function showPath(path: Path): string {
  let text = '';
  for (const part of path) {
    text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`;
  }
  return text;
}

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the text of config.yaml. `${NAME}` in a value is taken from the environment, so that the file
 * can be committed without secrets. Faults carry line numbers or paths, never the text itself.
 */
export function parseYaml(
  text: string,
  env: Environment,
): { tree: Tree; faults: Array<Fault & { path?: Path }> } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults: Array<Fault & { path?: Path }> = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { what: `YAML cannot be read: ${error.code}`, where: `config.yaml, line ${line}, column ${col}` };
  });
  if (faults.length > 0) return { tree: {}, faults };

  const root: unknown = document.toJS() ?? {};
  if (!isTree(root)) {
    return { tree: {}, faults: [{ what: 'The file must be a mapping of settings', where: 'config.yaml' }] };
  }
  const tree = fill(root, [], env, faults) as Tree;
  return { tree, faults };
}

function fill(value: unknown, path: Path, env: Environment, faults: Array<Fault & { path?: Path }>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
      const found = env[name];
      if (found !== undefined && found !== '') return found;
      faults.push({
        what: `Environment variable ${name} is not set`,
        where: `config.yaml: ${showPath(path)}`,
        path,
      });
      return whole;
    });
  }
  if (Array.isArray(value)) return value.map((item, i) => fill(item, [...path, i], env, faults));
  if (isTree(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key], env, faults)]),
    );
  }
  return value;
}
