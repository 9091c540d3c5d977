import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Keeps one JSON document on disk. Written shortly after a change, always as a whole. */
export interface JsonFile<T> {
  /** The document, or undefined when there is none yet. Throws when the file is not JSON. */
  load(): T | undefined;
  /** Writes soon what `snapshot` then returns. */
  touch(snapshot: () => T): void;
  /** Writes now what is still owed. */
  flush(): void;
}

const SOON_MS = 20;

/** A document at `path`; without a path nothing is kept. */
export function jsonFile<T>(path: string | undefined): JsonFile<T> {
  if (path === undefined) return { load: () => undefined, touch: () => undefined, flush: () => undefined };
  let timer: NodeJS.Timeout | undefined;
  let owed: (() => T) | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!owed) return;
    const text = JSON.stringify(owed());
    owed = undefined;
    mkdirSync(dirname(path), { recursive: true });
    // A rename replaces the old document or leaves it; a crash never leaves half of one.
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };

  return {
    load() {
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as T;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    touch(snapshot) {
      owed = snapshot;
      timer ??= setTimeout(flush, SOON_MS);
    },
    flush,
  };
}
