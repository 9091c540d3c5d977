import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface PageCode {
  /** `README.md`, `docs/add-a-channel.md`. */
  page: string;
  /** Where a reader would put it: the page names it before the block, as `path`. */
  path: string;
  code: string;
}

/** Whole files that pages show, as a reader would copy them. Snippets without a path are not among them. */
export function codeOnPages(): PageCode[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)].flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/`([\w./-]+\.ts)`:\n\n```ts\n([\s\S]*?)```/g)].map(
      ([, path = '', code = '']) => ({ page, path, code }),
    ),
  );
}

/** The files of one page, in its order. */
export const codeOf = (page: string): PageCode[] => codeOnPages().filter((shown) => shown.page === page);
