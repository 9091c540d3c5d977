import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LEFT_OUT = ['.git', '.data', 'node_modules'];

/**
 * The sources as they are, in a folder of their own below the repository, where packages are found. Gone when
 * the process ends, or by `remove`.
 */
export function copyRepository(name: string): { folder: string; remove(): void } {
  mkdirSync(join(ROOT, '.data'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.data', `${name}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on('exit', remove);
  for (const entry of readdirSync(ROOT)) {
    if (LEFT_OUT.includes(entry)) continue;
    cpSync(join(ROOT, entry), join(folder, entry), {
      recursive: true,
      filter: (path) => !path.endsWith('histories'),
    });
  }
  return {
    folder,
    remove() {
      process.off('exit', remove);
      remove();
    },
  };
}
