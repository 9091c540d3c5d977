import { execFile } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExpectedError } from '../lib/expected.mjs';
import { run } from '../lib/run.mjs';

/** Since 1.21 Go fetches the newer toolchain that a go.mod asks for by itself. */
const LEAST_GO = 21;
const SOURCE = fileURLToPath(new URL('.', import.meta.url));

/** A Go that can build, on PATH or where its installer puts it; undefined when there is none. */
export async function findGo(env) {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    const text = await new Promise((resolve) => {
      execFile(
        go,
        ['env', 'GOVERSION'],
        { cwd: SOURCE, env: { ...env, GOTOOLCHAIN: 'local' } },
        (error, stdout) => resolve(error ? '' : stdout),
      );
    });
    const minor = Number(/^go1\.(\d+)/.exec(text)?.[1] ?? 0);
    if (minor >= LEAST_GO) return go;
  }
  return undefined;
}

/** Builds the pinned release, whose modules are checked against go.sum, and puts it at `target` only when complete. */
export async function buildTemporal(go, target, env, { log, progress }) {
  mkdirSync(dirname(target), { recursive: true });
  const aside = `${target}.${process.pid}`;
  const started = Date.now();
  const lines = [];
  let modules = 0;
  const say = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    progress(
      `Building Temporal (first time, 5 to 10 minutes)… ${seconds} s${modules ? `, ${modules} modules fetched` : ''}`,
    );
  };
  say();
  const ticking = setInterval(say, 3000);
  try {
    const code = await run(
      go,
      ['build', '-trimpath', '-ldflags=-s -w', '-o', aside, 'github.com/temporalio/cli/cmd/temporal'],
      {
        cwd: SOURCE,
        env: buildEnvironment(env, dirname(target)),
        onLine(line) {
          if (line.startsWith('go: downloading')) modules += 1;
          else lines.push(line);
        },
      },
    );
    if (code === 130 || code === 143) throw new ExpectedError('Stopped while building Temporal.');
    if (code !== 0) {
      throw new ExpectedError(
        `Building Temporal failed (go build, exit code ${code}):\n  ${lines.slice(-15).join('\n  ')}\n` +
          'If modules cannot be fetched, set GOPROXY; or name a ready program with TEMPORAL_CLI_PATH.',
      );
    }
    renameSync(aside, target);
    log(`Temporal is built, in ${Math.round((Date.now() - started) / 1000)} s.`);
  } finally {
    clearInterval(ticking);
    rmSync(aside, { force: true });
  }
}

/**
 * Proxies, checksum database and toolchain choice stay the person's. What would change the program or where
 * it is read from does not: flags for vendoring, workspaces, other platforms.
 */
function buildEnvironment(env, folder) {
  const { GOOS: _os, GOARCH: _arch, ...kept } = env;
  const homeless = env.HOME ? {} : { GOPATH: join(folder, 'go'), GOCACHE: join(folder, 'go-build') };
  return {
    ...homeless,
    ...kept,
    GOFLAGS: '-mod=readonly',
    GOWORK: 'off',
    GO111MODULE: 'on',
    CGO_ENABLED: '0',
  };
}
