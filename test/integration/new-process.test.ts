import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { copyRepository } from '../support/copy.ts';

/*
 * What `npm run new -- process call-back` writes, in a copy of the repository. Its own test registers itself
 * here and runs against the product: what it shows is what a newcomer sees first.
 */
const { folder, remove } = copyRepository('new-process');
afterAll(remove);
execFileSync(process.execPath, ['scripts/new.mjs', 'process', 'call-back'], { cwd: folder });
await import(pathToFileURL(join(folder, 'test/integration/call-back.test.ts')).href);
