import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/**
 * Has a customer say something, so that lists and details have rows, and writes a configuration that names
 * them: generated ids would only ever meet a 404.
 */
export async function seed({ url, token, folder }) {
  const secret = readFileSync(join(folder, 'data', 'secrets', 'webhook-secret'), 'utf8').trim();
  const from = { id: 501, is_bot: false, first_name: 'Айгуль', language_code: 'ru' };
  const said = await fetch(`${url}/webhooks/telegram/default`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
    body: JSON.stringify({
      update_id: 1,
      message: {
        message_id: 1,
        date: Math.floor(Date.now() / 1000),
        chat: { id: 501, type: 'private', first_name: 'Айгуль' },
        from,
        text: 'Хочу купить шкаф, меня зовут Айгуль, телефон +7 701 222 33 44',
      },
    }),
  });
  if (!said.ok) throw new Error(`The product did not take a message: ${said.status} ${await said.text()}`);

  const first = async (path, list) => {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const response = await fetch(`${url}/api/v1/${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const [row] = response.ok ? ((await response.json())[list] ?? []) : [];
      if (row !== undefined) return row;
      if (Date.now() > until) throw new Error(`Nothing appeared in ${path}.`);
      await setTimeout(200);
    }
  };
  // What comes last of all that the message sets off.
  await first('runs?status=succeeded&process=crm_push', 'runs');
  const { paths } = await (await fetch(`${url}/openapi.json`)).json();
  const config = [];
  for (const path of Object.keys(paths)) {
    const [, list, name] = /^\/api\/v1\/([\w-]+)\/\{(\w+)\}/.exec(path) ?? [];
    if (list === undefined) continue;
    const row = await first(list, list.replaceAll('-', '_'));
    const value = name === 'name' ? row.name : (row.run_id ?? row.id);
    config.push(`[[operations]]
include-path = ${JSON.stringify(path)}
parameters = { ${JSON.stringify(`path.${name}`)} = ${JSON.stringify(value)} }
`);
  }
  const file = join(folder, 'schemathesis.toml');
  writeFileSync(file, config.join('\n'));
  return file;
}
