import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Environment } from './yaml.ts';

export interface BuildInfo {
  version: string;
  /** Full commit hash, `+changes` behind it where the work tree differed; `dev` outside any build. */
  commit: string;
  /** ISO 8601. Run straight from a checkout, the commit's own time. Null only for `dev`. */
  builtAt: string | null;
}

export interface BuildInfoOptions {
  /** `npm start` from an unpacked archive may run without knowing its commit; `serve` may not. */
  allowDev: boolean;
  env?: Environment;
  /** Folder of package.json. */
  root?: string;
}

const Instant = z.iso.datetime({ offset: true });
const BuildFile = z.object({ commit: z.string().min(1), builtAt: Instant });

/**
 * What exactly is running: from DIRIGENT_COMMIT and DIRIGENT_BUILD_TIME, else the checkout's git, else
 * the build-info.json that `scripts/build-info.mjs` wrote into an image.
 * @throws Error when nothing tells and `dev` is not allowed.
 */
export function buildInfo({ allowDev, env = process.env, root = ROOT }: BuildInfoOptions): BuildInfo {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { version } = z.object({ version: z.string() }).parse(manifest);
  const found = fromEnvironment(env) ?? fromGit(root) ?? fromFile(root);
  if (found !== undefined) return { version, ...found };
  if (allowDev) return { version, commit: 'dev', builtAt: null };
  throw new Error(
    'Cannot start: nobody could tell which commit this is. Set DIRIGENT_COMMIT and DIRIGENT_BUILD_TIME, ' +
      'or run scripts/build-info.mjs when the image is built.',
  );
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Build = Omit<BuildInfo, 'version'>;

function fromEnvironment(env: Environment): Build | undefined {
  const commit = env.DIRIGENT_COMMIT || undefined;
  const builtAt = env.DIRIGENT_BUILD_TIME || undefined;
  if (commit === undefined && builtAt === undefined) return undefined;
  if (commit === undefined || !Instant.safeParse(builtAt).success) {
    throw new Error(
      'Cannot start: DIRIGENT_COMMIT and DIRIGENT_BUILD_TIME belong together, the second as ISO 8601 (2026-01-31T09:00:00Z).',
    );
  }
  return { commit, builtAt: builtAt as string };
}

function fromGit(root: string): Build | undefined {
  // Without this check an archive unpacked inside another repository would report that one's commit.
  if (!existsSync(join(root, '.git'))) return undefined;
  try {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, ...args], {
        encoding: 'utf8',
        timeout: 5_000,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    const [hash, time] = git('log', '-1', '--format=%H%n%cI').trim().split('\n');
    if (hash === undefined || time === undefined) return undefined;
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== '';
    return { commit: changed ? `${hash}+changes` : hash, builtAt: new Date(time).toISOString() };
  } catch {
    // No git program, or a checkout it refuses to read: the next source may know.
    return undefined;
  }
}

function fromFile(root: string): Build | undefined {
  const path = join(root, 'build-info.json');
  if (!existsSync(path)) return undefined;
  const parsed = BuildFile.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`Cannot start: ${path} is not what scripts/build-info.mjs writes.`);
  return parsed.data;
}
