import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ExpectedError } from './expected.mjs';

/** Words that may not name a variable, and what the generated files use themselves. */
const TAKEN = new Set(
  'await break case catch class const continue debugger default delete else enum export extends false finally for function if implements import instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield arguments eval undefined conversation run stage scene requests recorded describe expect request'.split(
    ' ',
  ),
);
const LONGEST = 32;

/**
 * Writes a process and its test, and registers it. Everything is checked before the first file is written.
 * Returns the paths, from the root of the repository. Rejects names and places that are taken.
 */
export function newProcess(root, given) {
  const name = given.replaceAll('-', '_');
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
    throw new ExpectedError(
      `"${given}" cannot name a process. Use lower-case English letters, digits and dashes, beginning with a letter: price-alert.`,
    );
  }
  if (name.length < 3 || name.length > LONGEST) {
    throw new ExpectedError(
      `"${given}" must have 3 to ${LONGEST} characters: it becomes a command of the bot as well.`,
    );
  }
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const index = read('workflows/index.ts');
  const registry = read('workflows/registry.ts');
  const commands = read('workflows/conversation/commands.ts');

  const processes = [...index.matchAll(/export \{ (?:\w+ as )?(\w+) \}/g)].map((match) => match[1]);
  if (processes.includes(name))
    throw new ExpectedError(`There is a process ${name} already. Choose another name.`);
  const builtIn = /BUILT_IN_COMMANDS = \[([^\]]*)\]/.exec(commands)?.[1] ?? '';
  if (builtIn.includes(`'${name}'`)) {
    throw new ExpectedError(`/${name} is a command of the bot itself. Choose another name.`);
  }
  const variable = name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());
  if (TAKEN.has(variable)) throw new ExpectedError(`"${given}" is a reserved word. Choose another name.`);

  const file = name.replaceAll('_', '-');
  const paths = { process: `workflows/${file}.ts`, test: `test/integration/${file}.test.ts` };
  for (const path of [...Object.values(paths), `workflows/${file}`]) {
    if (existsSync(join(root, path)))
      throw new ExpectedError(`${path} exists already, and nothing was written.`);
  }
  const title = name[0].toUpperCase() + name.slice(1).replaceAll('_', ' ');
  const fill = (template) =>
    readFileSync(join(root, 'scripts/templates', template), 'utf8')
      .replaceAll('__NAME__', name)
      .replaceAll('__FILE__', file)
      .replaceAll('__VARIABLE__', variable)
      .replaceAll('__TITLE__', title);

  const exported = variable === name ? name : `${variable} as ${name}`;
  const writes = [
    [paths.process, fill('process.ts.txt'), 'wx'],
    [paths.test, fill('process.test.ts.txt'), 'wx'],
    ['workflows/index.ts', `${index.trimEnd()}\nexport { ${exported} } from './${file}.ts';\n`, 'w'],
    ['workflows/registry.ts', registered(registry, variable, file), 'w'],
  ];
  const formatter = formatterOf(root);
  for (const [path, text, flag] of writes) writeFileSync(join(root, path), text, { flag });
  tidy(
    formatter,
    root,
    writes.map(([path]) => path),
  );
  return { name, ...paths };
}

function registered(registry, variable, file) {
  const list = /(PROCESSES\b[^=]*= \[[^\]]*?)(,?\s*)\]/;
  if (!list.test(registry)) {
    throw new ExpectedError(
      'workflows/registry.ts has no list of processes to add to, and nothing was written.',
    );
  }
  return `import { ${variable} } from './${file}.ts';\n${registry.replace(list, `$1, ${variable}]`)}`;
}

function formatterOf(root) {
  try {
    return createRequire(join(root, 'package.json')).resolve('@biomejs/biome/bin/biome');
  } catch {
    throw new ExpectedError('The packages are not installed: run "npm ci" first. Nothing was written.');
  }
}

/** Line lengths and the order of imports depend on the name. */
function tidy(formatter, root, paths) {
  const args = [formatter, 'check', '--write', ...paths];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The files are written, but could not be formatted: ${stderr}`);
}
