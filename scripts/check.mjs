// `npm run check`: format, lint and folder rules, types, unused exports. Side by side, since none needs another.
import { spawn } from 'node:child_process';

const CHECKS = [
  ['format, lint, folder rules', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['-p', '.']],
  ['unused exports and files', 'knip', []],
];

const run = ([name, command, args]) =>
  new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('close', (code) => resolve({ name, code, output }));
  });

const results = await Promise.all(CHECKS.map(run));
for (const { name, code, output } of results) {
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  if (code !== 0) console.log(output);
}
process.exitCode = results.some(({ code }) => code !== 0) ? 1 : 0;
