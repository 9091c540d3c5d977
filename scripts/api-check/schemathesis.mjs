import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { virtualEnvironment } from '../lib/venv.mjs';

/** The `schemathesis` program in a virtual environment of its own, kept outside the repository. */
export async function findOrInstallSchemathesis({ log }) {
  const folder = await virtualEnvironment({
    name: 'schemathesis',
    requirements: fileURLToPath(new URL('./requirements.txt', import.meta.url)),
    purpose: 'to check the API description',
    log,
  });
  return join(folder, 'bin', 'schemathesis');
}
