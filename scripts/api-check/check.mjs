import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExpectedError } from '../lib/expected.mjs';
import { prepare } from '../lib/launch.mjs';
import { createReporter } from '../lib/report.mjs';
import { run } from '../lib/run.mjs';
import { startProduct } from './product.mjs';
import { findOrInstallSchemathesis } from './schemathesis.mjs';
import { seed } from './seed.mjs';

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'ignored_auth',
];

/**
 * Starts the product with empty data and no accounts, gives it something to show, and has schemathesis send
 * what the OpenAPI description allows and forbids. Further arguments go to schemathesis. Returns the exit code.
 */
export async function checkApi(args) {
  const report = createReporter();
  const env = await prepare();
  const schemathesis = await findOrInstallSchemathesis(report);
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-api-check-'));
  const token = randomBytes(16).toString('hex');
  let product;
  try {
    report.log('Starting the product…');
    product = await startProduct({ env, folder, token });
    const config = await seed({ url: product.url, token, folder });
    const options = [
      `--config-file=${config}`,
      'run',
      `${product.url}/openapi.json`,
      `--checks=${CHECKS.join(',')}`,
      `--header=Authorization: Bearer ${token}`,
      '--phases=examples,coverage,fuzzing',
      '--max-examples=15',
      '--seed=1',
      '--no-shrink',
      '--request-timeout=20',
      '--suppress-health-check=all',
      '--warnings=off',
      ...args,
    ];
    // It keeps notes where it runs.
    const code = await run(schemathesis, options, { cwd: folder });
    if (code !== 0) report.log(product.errors());
    const missed = unreached(await describedBy(product.url), product.requests());
    if (missed.length > 0) report.log(`No request got as far as the resource: ${missed.join(', ')}`);
    return code || (missed.length > 0 ? 1 : 0);
  } catch (error) {
    if (product === undefined) throw new ExpectedError(`${error.message}\n${tail(join(folder, 'out.log'))}`);
    throw error;
  } finally {
    await product?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What the API says that it can answer. */
async function describedBy(url) {
  const { paths } = await (await fetch(`${url}/openapi.json`)).json();
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

/**
 * Operations of the API that never succeeded nor met a resource in the wrong state. With a wrong token, say,
 * every answer would be as described, and nothing would have been checked.
 */
function unreached(operations, requests) {
  const reached = new Set(
    requests
      .filter(({ status }) => status < 300 || status === 409)
      .map(({ method, route }) => `${method} ${route.replace(/:(\w+)/g, '{$1}')}`),
  );
  return operations
    .filter(({ path }) => path.startsWith('/api/'))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((name) => !reached.has(name));
}

function tail(file) {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-30).join('\n');
  } catch {
    return '';
  }
}
