import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkflowBundleOption } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** All that workflows may import, and what decides about the rest. */
const SOURCES = ['workflows', 'domain', 'package-lock.json', 'workers/worker.ts'];
const KEPT_MS = 24 * 3_600_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** Where an image has its bundle; a checkout has none. */
export const PREBUILT = join(ROOT, 'build');

/**
 * The bundle of these very sources, built when neither the image nor `folder` holds it yet: a worker that was
 * killed is back before its tasks are given to others. Without a folder that can be written to it is built each
 * time.
 */
export async function keptBundle(
  folder: string,
  prebuilt = PREBUILT,
  build: () => Promise<{ code: string }> = buildApart,
): Promise<WorkflowBundleOption> {
  const name = `workflows-${await fingerprint()}.js`;
  const path = join(folder, name);
  for (const ready of [join(prebuilt, name), path]) if (await exists(ready)) return { codePath: ready };
  const bundle = await build();
  try {
    await mkdir(folder, { recursive: true });
    // Several processes may build it at once; each file is complete when it gets its name.
    const unfinished = `${path}.${randomUUID()}`;
    await writeFile(unfinished, bundle.code);
    await rename(unfinished, path);
    await dropOld(folder);
    return { codePath: path };
  } catch {
    return bundle;
  }
}

/** In a process of its own: the bundler would stay in the memory of this one, some 200 MB for nothing. */
async function buildApart(): Promise<{ code: string }> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'workers/print-bundle.ts')],
    { cwd: ROOT, maxBuffer: MAX_BYTES },
  );
  return { code: stdout };
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const source of SOURCES) {
    for (const file of await filesOf(source))
      hash.update(`\0${file}\0`).update(await readFile(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 32);
}

async function filesOf(source: string): Promise<string[]> {
  const path = join(ROOT, source);
  if ((await stat(path)).isFile()) return [source];
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => /\.c?[jt]s$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(source, name))
    .sort();
}

/** Bundles of earlier sources; another process may be about to read one that is young. */
async function dropOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (Date.now() - (await stat(path)).mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
