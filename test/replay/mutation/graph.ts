import { dirname, join } from 'node:path';
import { commandsOf, importsOf } from './commands.ts';
import { isFunction, isNode, type Node, nameOf, type Source, walk } from './source.ts';

/** Tells whether a call leads to a command, by which function it calls. What cannot be resolved leads to none. */
export interface CallGraph {
  commands(source: Source, call: Node, around: readonly Node[]): boolean;
}

/** Something that a file declares: a function, a method, a class. */
interface Declared {
  node: Node;
  source: Source;
  around: readonly Node[];
}

/** Reads which functions and methods lead to commands, directly or by calling others that do. */
export function readCallGraph(sources: readonly Source[]): CallGraph {
  const declarations = new Map<string, Declared>();
  /** By name alone: a process need not import the class of what it is given. */
  const anywhere = new Map<string, Declared>();
  const imports = new Map(sources.map((source) => [source.path, importsOf(source)]));
  for (const source of sources) {
    for (const [name, node, around] of declared(source)) {
      declarations.set(`${source.path} ${name}`, { node, source, around });
      anywhere.set(name, { node, source, around });
    }
  }

  /** What a name stands for in a file. */
  function find(source: Source, name: string): Declared | undefined {
    const imported = imports.get(source.path)?.get(name);
    if (imported === undefined) return declarations.get(`${source.path} ${name}`) ?? anywhere.get(name);
    if (!imported.from.startsWith('.')) return undefined;
    return declarations.get(`${join(dirname(source.path), imported.from)} ${imported.name}`);
  }

  function called(source: Source, call: Node, around: readonly Node[]): Declared | undefined {
    const callee = call.callee as Node;
    const plain = nameOf(callee);
    if (plain !== undefined) return find(source, plain);
    if (callee.type !== 'MemberExpression') return undefined;
    const owner = classOf(source, callee.object as Node, around);
    return (
      owner && declarations.get(`${owner.source.path} ${nameOf(owner.node.id)}.${nameOf(callee.property)}`)
    );
  }

  /** Class of the object that an expression gives, where the text says it. */
  function classOf(source: Source, value: Node, around: readonly Node[]): Declared | undefined {
    const owner = around.find(({ type }) => type === 'ClassDeclaration');
    if (value.type === 'ThisExpression') return owner && { node: owner, source, around };
    const name = nameOf(value);
    if (name !== undefined) return classOfName(source, name, around);
    if (value.type !== 'MemberExpression') return undefined;
    const holder = classOf(source, value.object as Node, around);
    const property = nameOf(value.property);
    const field = (((holder?.node.body as Node | undefined)?.body ?? []) as Node[]).find(
      (member) => member.type === 'PropertyDefinition' && nameOf(member.key) === property,
    );
    const type = field && (annotated(field) ?? constructed(field.value));
    return holder && type !== undefined ? find(holder.source, type) : undefined;
  }

  function classOfName(source: Source, name: string, around: readonly Node[]): Declared | undefined {
    for (const outer of around) {
      if (isFunction(outer)) {
        const param = (outer.params as Node[]).find((one) => nameOf(one) === name);
        // Only processes leave it to inference: what they are given is a run.
        if (param) return find(source, annotated(param) ?? (name === 'run' ? 'Run' : ''));
      }
      if (outer.type !== 'BlockStatement') continue;
      for (const statement of outer.body as Node[]) {
        if (statement.type !== 'VariableDeclaration') continue;
        for (const { id, init } of statement.declarations as Node[]) {
          if (nameOf(id) !== name || !isNode(init)) continue;
          const made = constructed(init);
          if (made !== undefined) return find(source, made);
          if (init.type === 'MemberExpression') return classOf(source, init, around);
        }
      }
    }
    return undefined;
  }

  const leading = new Set<Node>();
  const direct = new Map(sources.map((s) => [s.path, new Set(commandsOf(s).map(({ call }) => call))]));
  const leads = (source: Source, call: Node, around: readonly Node[]): boolean => {
    const to = called(source, call, around);
    return to !== undefined && leading.has(to.node);
  };
  const functions = [...declarations.values()].filter(({ node }) => isFunction(node));
  for (let before = -1; before !== leading.size; ) {
    before = leading.size;
    for (const { node, source, around } of functions) {
      walk(
        node,
        (inner, within) => {
          if (inner.type !== 'CallExpression') return;
          if (direct.get(source.path)?.has(inner) || leads(source, inner, within)) leading.add(node);
        },
        around,
      );
    }
  }
  return { commands: leads };
}

/** Functions and classes of a file by name, methods as `Class.method`. */
function declared({ program }: Source): [string, Node, readonly Node[]][] {
  const found: [string, Node, readonly Node[]][] = [];
  walk(program, (node, around) => {
    if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
      found.push([nameOf(node.id) ?? '', node, around]);
    }
    if (node.type === 'VariableDeclarator' && isNode(node.init) && isFunction(node.init)) {
      found.push([nameOf(node.id) ?? '', node.init, around]);
    }
    if (node.type === 'MethodDefinition') {
      const owner = around.find(({ type }) => type === 'ClassDeclaration');
      found.push([`${nameOf(owner?.id)}.${nameOf(node.key)}`, node.value as Node, around]);
    }
  });
  return found;
}

function annotated(node: Node): string | undefined {
  const annotation = node.typeAnnotation;
  const type = isNode(annotation) ? (annotation.typeAnnotation as Node) : undefined;
  return type?.type === 'TSTypeReference' ? nameOf(type.typeName) : undefined;
}

const constructed = (value: unknown): string | undefined =>
  isNode(value) && value.type === 'NewExpression' ? nameOf(value.callee) : undefined;
