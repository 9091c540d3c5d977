import { activityNames, type CommandCall, type CommandKind, commandsOf } from './commands.ts';
import { type CallGraph, readCallGraph } from './graph.ts';
import { isNode, lineOf, type Node, nameOf, type Source, textOf, walk } from './source.ts';
import { type Wrap, weave } from './weave.ts';

/** One edit that changes which commands the code gives, in which order. */
export interface Mutant {
  id: string;
  file: string;
  line: number;
  /** What the edit does: `activity renamed`. */
  does: string;
  /** The text that it changes, on one line. */
  text: string;
}

export interface Mutated {
  mutants: Mutant[];
  /** By absolute path: the file with all of its mutants in it, each dormant until it is chosen. */
  files: Map<string, string>;
}

/** What mutated files call; see switch.ts. */
const HELPERS = ['chosen', 'never', 'timer', 'other'] as const;
const CALLED = Object.fromEntries(HELPERS.map((name) => [name, `__${name}`])) as Record<
  (typeof HELPERS)[number],
  string
>;
const MOST_SHOWN = 90;

/** Makes every edit of every file that the operators below know. `helpers` is the module of switch.ts. */
export function mutate(sources: readonly Source[], helpers: string): Mutated {
  const graph = readCallGraph(sources);
  const names = activityNames(sources);
  const mutants: Mutant[] = [];
  const files = new Map<string, string>();
  for (const source of sources) {
    const wraps: Wrap[] = [];
    const add = (at: Node, does: string): string => {
      const id = String(mutants.length + 1);
      const text = textOf(source, at).replace(/\s+/g, ' ');
      const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
      mutants.push({ id, file: source.file, line: lineOf(source, at), does, text: shown });
      return id;
    };
    for (const command of commandsOf(source)) {
      for (const [does, text] of instead(source, command, names)) {
        const on = `${CALLED.chosen}('${add(command.call, does)}')`;
        wraps.push({ ...span(command.call), render: (inner) => `(${on} ? (${text}) : ${inner})` });
      }
    }
    wraps.push(...statementWraps(source, graph, add));
    if (wraps.length === 0) continue;
    const imported = HELPERS.map((name) => `${name} as ${CALLED[name]}`).join(', ');
    files.set(
      source.path,
      `import { ${imported} } from ${JSON.stringify(helpers)}; ${weave(source.text, wraps)}`,
    );
  }
  return { mutants, files };
}

const span = ({ start, end }: Node) => ({ start, end });
const WORDS: Readonly<Record<CommandKind, string>> = {
  activity: 'activity',
  local_activity: 'local activity',
  timer: 'timer',
  child: 'child',
  signal: 'signal',
  attributes: 'search attributes',
  memo: 'memo',
  patch: 'patch',
};

/** What may stand in the place of one command: each with what that does. */
function* instead(
  source: Source,
  { kind, call, name, maker }: CommandCall,
  names: ReturnType<typeof activityNames>,
): Generator<[string, string]> {
  const text = textOf(source, call);
  const what = WORDS[kind];
  const value = kind === 'attributes' || kind === 'memo' ? 'undefined' : `${CALLED.never}()`;
  const replaced = (part: Node, by: string) =>
    text.slice(0, part.start - call.start) + by + text.slice(part.end - call.start);
  if (kind === 'patch') {
    // What it guards goes on being done: only its marker is missing, or is another one.
    yield ['patch removed', 'true'];
    if (name) yield ['patch renamed', replaced(name, `${textOf(source, name)} + 'x'`)];
    return;
  }
  yield [`${what} removed`, value];
  yield [`timer added before ${what}`, `${CALLED.timer}(), ${text}`];
  yield [`${what} given twice`, `${text}, ${text}`];
  if (kind !== 'activity') yield [`${what} made an activity`, `${CALLED.other}()`];
  if (kind === 'activity' || kind === 'local_activity') {
    if (name) {
      const [next] = names[kind].filter((one) => one > textOf(source, name)).concat(names[kind]);
      if (next !== undefined) yield [`${what} renamed`, replaced(name, next)];
    }
    if (maker)
      yield [`${what} made a ${WORDS[OTHER[kind]]}`, replaced(maker, MAKERS[textOf(source, maker)] ?? '')];
  }
  if (kind === 'child' && name)
    yield ['child of another type', replaced(name, `${textOf(source, name)} + 'x'`)];
  if (kind === 'signal' && name) yield ['signal renamed', replaced(name, "'another'")];
}

const OTHER = { activity: 'local_activity', local_activity: 'activity' } as const;
const MAKERS: Readonly<Record<string, string>> = {
  act: 'own',
  own: 'act',
  acting: 'ownData',
  ownData: 'acting',
};

/** Statements that lead to commands: left out, done twice, or done before the one in front of them. */
function statementWraps(source: Source, graph: CallGraph, add: (at: Node, does: string) => string): Wrap[] {
  const direct = new Set(commandsOf(source).map(({ call }) => call));
  const wraps: Wrap[] = [];
  const leads = (statement: Node, around: readonly Node[]): boolean => {
    let found = false;
    walk(
      statement,
      (node, within) => {
        if (node.type === 'CallExpression')
          found ||= direct.has(node) || graph.commands(source, node, within);
      },
      around,
    );
    return found;
  };
  walk(source.program, (block, around) => {
    if (block.type !== 'BlockStatement') return;
    const within = [block, ...around];
    let before: Node | undefined;
    for (const statement of block.body as Node[]) {
      const commands = leads(statement, within);
      const first = before;
      before = commands ? statement : undefined;
      if (!commands || !isPlainCall(statement)) continue;
      const text = textOf(source, statement);
      // A command by itself is left out and given twice already.
      if (!direct.has(callIn(statement))) {
        const left = add(statement, 'step left out');
        const twice = add(statement, 'step done twice');
        wraps.push({
          ...span(statement),
          render: (inner) =>
            `if (!${CALLED.chosen}('${left}')) ${inner} if (${CALLED.chosen}('${twice}')) { ${text} }`,
        });
      }
      if (!first || !mayGoFirst(statement, first)) continue;
      const id = add(statement, 'step done before the one in front of it');
      wraps.push(
        { ...span(first), render: (inner) => `if (${CALLED.chosen}('${id}')) { ${text} } ${inner}` },
        { ...span(statement), render: (inner) => `if (!${CALLED.chosen}('${id}')) { ${inner} }` },
      );
    }
  });
  return wraps;
}

/** `await f();`, `void f();`, `f();`: what it gives is used by nobody. */
function isPlainCall(statement: Node): boolean {
  return statement.type === 'ExpressionStatement' && callIn(statement).type === 'CallExpression';
}

function callIn(statement: Node): Node {
  let inner = statement.expression as Node;
  while (inner.type === 'AwaitExpression' || inner.type === 'UnaryExpression') inner = inner.argument as Node;
  return inner;
}

/** The first of the two declares nothing that the second uses, and does not leave the block. */
function mayGoFirst(second: Node, first: Node): boolean {
  if (first.type !== 'ExpressionStatement' && first.type !== 'VariableDeclaration') return false;
  const declared = new Set<string>();
  if (first.type === 'VariableDeclaration') {
    for (const { id } of first.declarations as Node[]) {
      walk(id as Node, (node) => {
        const name = nameOf(node);
        if (name !== undefined) declared.add(name);
      });
    }
  }
  let uses = false;
  walk(second, (node) => {
    uses ||= isNode(node) && declared.has(nameOf(node) ?? '');
  });
  return !uses;
}
