import { isNode, type Node, nameOf, type Source, textOf, walk } from './source.ts';

/** What a call makes the engine do. */
export type CommandKind =
  | 'activity'
  | 'local_activity'
  | 'timer'
  | 'child'
  | 'signal'
  | 'attributes'
  | 'memo'
  | 'patch';

/** A call that is a command by itself. */
export interface CommandCall {
  kind: CommandKind;
  call: Node;
  /** What names the command in the text: an activity, a type of child, a patch. */
  name: Node | undefined;
  /** What makes it a command of this kind: `act` of `run.act(…).send(…)`. */
  maker: Node | undefined;
}

const PROXIES: Readonly<Record<string, 'activity' | 'local_activity'>> = {
  act: 'activity',
  acting: 'activity',
  own: 'local_activity',
  ownData: 'local_activity',
};
const OF_SDK: Readonly<Record<string, CommandKind>> = {
  sleep: 'timer',
  startChild: 'child',
  executeChild: 'child',
  upsertSearchAttributes: 'attributes',
  upsertMemo: 'memo',
  patched: 'patch',
};
const SDK = '@temporalio/workflow';

/** What a file imports: the name here, and where it is from under which name. */
export function importsOf({ program }: Source): Map<string, { from: string; name: string }> {
  const imports = new Map<string, { from: string; name: string }>();
  for (const statement of program.body as Node[]) {
    if (statement.type !== 'ImportDeclaration') continue;
    const from = String((statement.source as Node).value);
    for (const specifier of statement.specifiers as Node[]) {
      const local = nameOf(specifier.local);
      if (local !== undefined) imports.set(local, { from, name: nameOf(specifier.imported) ?? local });
    }
  }
  return imports;
}

/** Every call in a file that is a command, in the order of the text. */
export function commandsOf(source: Source): CommandCall[] {
  const imports = importsOf(source);
  const handles = externalHandles(source);
  const found: CommandCall[] = [];
  walk(source.program, (call) => {
    if (call.type !== 'CallExpression') return;
    const command = activityCall(call) ?? sdkCall(call, imports) ?? signalCall(call, handles);
    if (command) found.push(command);
  });
  return found.sort((a, b) => a.call.start - b.call.start);
}

/** `run.act(policy, summary).send(…)`: a method of what a maker of proxies returned. */
function activityCall(call: Node): CommandCall | undefined {
  const callee = call.callee as Node;
  if (callee.type !== 'MemberExpression') return undefined;
  const proxy = callee.object as Node;
  if (proxy.type !== 'CallExpression') return undefined;
  const made = proxy.callee as Node;
  const maker = made.type === 'MemberExpression' ? (made.property as Node) : made;
  const kind = PROXIES[nameOf(maker) ?? ''];
  return kind && { kind, call, name: callee.property as Node, maker };
}

function sdkCall(call: Node, imports: ReturnType<typeof importsOf>): CommandCall | undefined {
  const callee = call.callee as Node;
  const called = imports.get(nameOf(callee) ?? '');
  if (called?.from !== SDK) return undefined;
  const args = call.arguments as Node[];
  // Without a time it waits for others only.
  if (called.name === 'condition') {
    return args.length > 1 ? { kind: 'timer', call, name: undefined, maker: undefined } : undefined;
  }
  const kind = OF_SDK[called.name];
  if (kind === undefined) return undefined;
  return { kind, call, name: kind === 'child' || kind === 'patch' ? args[0] : undefined, maker: undefined };
}

const isExternalHandle = (node: unknown): boolean =>
  isNode(node) && node.type === 'CallExpression' && nameOf(node.callee) === 'getExternalWorkflowHandle';

/** Names that hold the handle of another workflow. */
function externalHandles({ program }: Source): Set<string> {
  const names = new Set<string>();
  walk(program, (node) => {
    const name = node.type === 'VariableDeclarator' ? nameOf(node.id) : undefined;
    if (name !== undefined && isExternalHandle(node.init)) names.add(name);
  });
  return names;
}

function signalCall(call: Node, handles: ReadonlySet<string>): CommandCall | undefined {
  const callee = call.callee as Node;
  if (callee.type !== 'MemberExpression' || nameOf(callee.property) !== 'signal') return undefined;
  const to = callee.object as Node;
  if (!isExternalHandle(to) && !handles.has(nameOf(to) ?? '')) return undefined;
  return { kind: 'signal', call, name: (call.arguments as Node[])[0], maker: undefined };
}

/** Names of the activities that the files call, of each kind. */
export function activityNames(sources: readonly Source[]): Record<'activity' | 'local_activity', string[]> {
  const names = { activity: new Set<string>(), local_activity: new Set<string>() };
  for (const source of sources) {
    for (const { kind, name } of commandsOf(source)) {
      if (name && (kind === 'activity' || kind === 'local_activity')) names[kind].add(textOf(source, name));
    }
  }
  return { activity: [...names.activity].sort(), local_activity: [...names.local_activity].sort() };
}
