import { commandsOf, importsOf } from './commands.ts';
import { isFunction, isNode, type Node, nameOf, type Source, textOf, walk } from './source.ts';
import { type Wrap, weave } from './weave.ts';

/** What may be changed while runs wait, and how often it was. */
export type SafeEdits = Map<string, number>;

export interface SafelyEdited {
  edits: SafeEdits;
  /** By absolute path: the file with all of its edits. */
  files: Map<string, string>;
}

type Operator = (source: Source) => Wrap[];

/** Makes every edit of these kinds in every file: one that is wrong to be called safe leaves some history. */
export function editSafely(sources: readonly Source[]): SafelyEdited {
  const edits: SafeEdits = new Map();
  const files = new Map<string, string>();
  for (const source of sources) {
    const wraps = Object.entries(OPERATORS).flatMap(([does, operator]) => {
      const made = operator(source);
      edits.set(does, (edits.get(does) ?? 0) + made.length);
      return made;
    });
    files.set(source.path, weave(source.text, wraps));
  }
  return { edits, files };
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  'local renamed': renamedLocals,
  'text changed': changedTexts,
  'duration changed': changedDurations,
  'argument added': addedArguments,
  'comment added': addedComments,
  'function extracted': extractedFunctions,
};

const instead = (node: Node, render: (inner: string) => string): Wrap => ({
  start: node.start,
  end: node.end,
  render,
});

/** Names that a file declares once, inside a function. */
function renamedLocals(source: Source): Wrap[] {
  const declared = new Map<string, number>();
  const taken = new Set(importsOf(source).keys());
  walk(source.program, (node, around) => {
    const inside = around.some(isFunction);
    for (const name of declares(node)) {
      declared.set(name, (declared.get(name) ?? 0) + 1);
      if (!inside && !isFunction(node)) taken.add(name);
    }
  });
  const once = new Set(
    [...declared].filter(([name, times]) => times === 1 && !taken.has(name)).map(([name]) => name),
  );
  const wraps: Wrap[] = [];
  walk(source.program, (node, [parent, ...around]) => {
    const name = nameOf(node);
    if (node.type !== 'Identifier' || name === undefined || !once.has(name) || parent === undefined) return;
    if (isNameOnly(node, parent) || [parent, ...around].some(isType)) return;
    if (parent.type === 'Property' && parent.shorthand === true) {
      // The key stays: others know it.
      if (node === parent.value || (parent.value as Node).type === 'AssignmentPattern') {
        wraps.push({ start: node.start, end: node.end, render: () => `${name}: ${name}_` });
      }
      return;
    }
    wraps.push(instead(node, () => `${name}_`));
  });
  const seen = new Set<string>();
  // Key and value of a shorthand are the same text.
  return wraps.filter(({ start }) => !seen.has(String(start)) && seen.add(String(start)));
}

function declares(node: Node): string[] {
  const patterns = isFunction(node)
    ? (node.params as Node[])
    : node.type === 'VariableDeclarator'
      ? [node.id as Node]
      : node.type === 'CatchClause' && isNode(node.param)
        ? [node.param]
        : [];
  return patterns.flatMap(boundBy);
}

/** Names that a pattern binds. With a default value none is told: those stay as they are. */
function boundBy(pattern: Node): string[] {
  const name = nameOf(pattern);
  if (name !== undefined) return [name];
  if (pattern.type === 'ObjectPattern') {
    return (pattern.properties as Node[]).flatMap((one) =>
      boundBy((one.type === 'RestElement' ? one.argument : one.value) as Node),
    );
  }
  if (pattern.type === 'ArrayPattern') return (pattern.elements as Node[]).filter(isNode).flatMap(boundBy);
  if (pattern.type === 'RestElement') return boundBy(pattern.argument as Node);
  if (pattern.type === 'AssignmentPattern') return boundBy(pattern.left as Node).flatMap((one) => [one, one]);
  return [];
}

/** An identifier that names a member, not a variable. */
function isNameOnly(node: Node, parent: Node): boolean {
  if (parent.computed === true) return false;
  if (parent.type === 'MemberExpression') return parent.property === node;
  if (parent.type === 'Property') return parent.shorthand !== true && parent.key === node;
  return (
    ['MethodDefinition', 'PropertyDefinition', 'TSPropertySignature'].includes(parent.type) &&
    parent.key === node
  );
}

/** Types of TypeScript that hold a value. */
const HOLD_VALUES = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression']);
const isType = ({ type }: Node): boolean => type.startsWith('TS') && !HOLD_VALUES.has(type);

/** Summaries of steps: people read them. */
function changedTexts(source: Source): Wrap[] {
  return commandsOf(source).flatMap(({ call, maker }) => {
    const summary = maker && (((call.callee as Node).object as Node).arguments as Node[])[1];
    return summary ? [instead(summary, (inner) => `(${inner}) + ', in other words'`)] : [];
  });
}

const IN_WORDS = /^(\d+) ?(ms|s|seconds?|minutes?|hours?|days?)$/;

/** Times of policies, and of timers. */
function changedDurations(source: Source): Wrap[] {
  const wraps: Wrap[] = [];
  walk(source.program, (node, [parent]) => {
    const found = node.type === 'Literal' ? IN_WORDS.exec(String(node.value)) : null;
    if (found && parent?.type === 'Property') {
      wraps.push(instead(node, () => `'${Number(found[1]) * 2} ${found[2]}'`));
    }
  });
  for (const { kind, call } of commandsOf(source)) {
    const time = kind === 'timer' ? (call.arguments as Node[]).at(-1) : undefined;
    if (time) wraps.push(instead(time, (inner) => `(${inner}) * 2`));
  }
  return wraps;
}

/** What an activity is told. */
function addedArguments(source: Source): Wrap[] {
  return commandsOf(source).flatMap(({ kind, call }) => {
    const [first] = call.arguments as Node[];
    if ((kind !== 'activity' && kind !== 'local_activity') || first === undefined) return [];
    return [instead(first, (inner) => `{ ...(${inner}), toldAnew: true }`)];
  });
}

function addedComments(source: Source): Wrap[] {
  const wraps: Wrap[] = [];
  walk(source.program, (node) => {
    if (node.type !== 'BlockStatement') return;
    for (const statement of node.body as Node[]) {
      wraps.push({ start: statement.start, end: statement.start, render: () => '/* said anew */ ' });
    }
  });
  return wraps;
}

const LEAVES = new Set(['AwaitExpression', 'YieldExpression']);

/** Statements that wait for nothing, and activity calls, each in a function of its own. */
function extractedFunctions(source: Source): Wrap[] {
  const wraps: Wrap[] = [];
  walk(source.program, (node, [parent]) => {
    if (node.type !== 'ExpressionStatement' || parent?.type !== 'BlockStatement') return;
    let leaves = false;
    walk(node, (inner) => {
      leaves ||=
        LEAVES.has(inner.type) || inner.type === 'Super' || textOf(source, inner).startsWith('super(');
    });
    if (!leaves)
      wraps.push(
        instead(
          node,
          (inner) => `const extracted${node.start} = () => { ${inner} }; extracted${node.start}();`,
        ),
      );
  });
  for (const { kind, call } of commandsOf(source)) {
    if (kind === 'activity' || kind === 'local_activity')
      wraps.push(instead(call, (inner) => `(() => ${inner})()`));
  }
  return wraps;
}
