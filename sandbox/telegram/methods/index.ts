import type { Method } from '../context.ts';
import * as about from './about.ts';
import * as editing from './editing.ts';
import * as forum from './forum.ts';
import * as receiving from './receiving.ts';
import * as sending from './sending.ts';

const named: Record<string, Method> = { ...about, ...editing, ...forum, ...receiving, ...sending };

/** Methods by lower-case name, each with the name the documentation gives it. */
export const METHODS: ReadonlyMap<string, { name: string; method: Method }> = new Map(
  Object.entries(named).map(([name, method]) => [name.toLowerCase(), { name, method }]),
);
