import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SettingsError } from '../config/fault.ts';
import { BackupRefused, restoreBackup, takeBackup } from '../db/backup.ts';
import { endEverything } from './backup/engine.ts';
import { parkedPage } from './backup/page.ts';
import { findPlace, type Place } from './backup/place.ts';
import { FolderInUse } from './embedded/lock.ts';

const USAGE = `Usage: npm run backup [-- --out <file>]
       npm run restore -- <file> [--force] [--end-runs] [--json]
The database is that of DATABASE_URL or config.yaml, else that of a running "npm start" (backup only), else the
embedded one on DATA_DIR.
  --out       where to write; backups/dirigent-<time>.gz below DATA_DIR otherwise
  --force     replace what the database holds
  --end-runs  end every open run in Temporal: for a Temporal that was itself put back from an older copy
  --json      what was parked as JSON
Exit code 0: done; 1: refused or failed, and nothing was changed; 2: wrong usage.`;

const log = (line: string) => console.error(line);

async function backup(place: Place, out: string | undefined): Promise<void> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const file = resolve(out ?? join(process.env.DATA_DIR || '.data', 'backups', `dirigent-${stamp}.gz`));
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const { manifest, rows } = await takeBackup(place.databaseUrl, file);
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  log(`${total} rows of ${place.name}, as of ${manifest.takenAt}. It holds personal data; keep it as such.`);
  console.log(file);
}

interface RestoreFlags {
  force: boolean;
  json: boolean;
  endRuns: boolean;
}

async function restore(place: Place, file: string, { force, json, endRuns }: RestoreFlags): Promise<void> {
  if (endRuns && place.engine === undefined) {
    throw new BackupRefused(
      'Temporal does not run: an old copy of an embedded one is ended by deleting the folder "temporal" in DATA_DIR.',
    );
  }
  const restored = await restoreBackup({ url: place.databaseUrl, file: resolve(file), force });
  console.log(json ? JSON.stringify(restored, null, 2) : parkedPage(restored));
  if (endRuns && place.engine) log(`${await endEverything(place.engine)} open runs ended in Temporal.`);
}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        force: { type: 'boolean', default: false },
        'end-runs': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const [command, file, ...others] = positionals;
    const { force, json, out } = values;
    const flags = { force, json, endRuns: values['end-runs'] };
    const restoring = force || json || flags.endRuns;
    if (command === 'backup' && file === undefined && !restoring) return { command, out } as const;
    if (command === 'restore' && file !== undefined && others.length === 0 && out === undefined)
      return { command, file, flags } as const;
    return undefined;
  } catch {
    return undefined;
  }
}

async function main(args: string[]): Promise<number> {
  const asked = parse(args);
  if (asked === undefined) {
    log(USAGE);
    return 2;
  }
  try {
    const place = await findPlace(process.env, log);
    try {
      if (asked.command === 'backup') await backup(place, asked.out);
      else await restore(place, asked.file, asked.flags);
    } finally {
      await place.leave();
    }
    return 0;
  } catch (error) {
    const expected = [BackupRefused, FolderInUse, SettingsError].some((kind) => error instanceof kind);
    log(expected ? (error as Error).message : String((error as Error)?.stack ?? error));
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
