import { defaultMode } from './schema.ts';
import { isTree, type Path, type Tree } from './yaml.ts';

/** Faults that no single setting shows. Takes the unchecked tree, so it must expect any shape. */
export function crossFaults(tree: Tree): Array<{ path: Path; what: string }> {
  const faults: Array<{ path: Path; what: string }> = [];
  const slugs = new Set<unknown>();
  const names = new Set<unknown>();
  let channels = 0;

  for (const [t, tenant] of list(tree.tenants)) {
    if (slugs.has(tenant.slug)) {
      faults.push({ path: ['tenants', t, 'slug'], what: 'is used by another tenant' });
    }
    slugs.add(tenant.slug);
    for (const [c, channel] of list(tenant.channels)) {
      channels++;
      const path = ['tenants', t, 'channels', c];
      if (names.has(channel.name)) {
        faults.push({
          path: [...path, 'name'],
          what: 'is used by another channel; the webhook path holds only the name',
        });
      }
      names.add(channel.name);
      const mode = channel.mode ?? defaultMode(channel);
      if (mode === 'webhook' && channel.webhookSecret === undefined) {
        faults.push({
          path: [...path, 'webhookSecret'],
          what: 'is missing; mode webhook needs a secret of 1 to 256 letters, digits, "-" or "_"',
        });
      }
    }
  }
  if (channels === 0 && (tree.tenants === undefined || Array.isArray(tree.tenants))) {
    faults.push({
      path: ['tenants', 0, 'channels'],
      what: 'names no channel: set TELEGRAM_BOT_TOKEN, or list a channel here',
    });
  }

  const { callbacks } = tree;
  if (isTree(callbacks) && callbacks.requireSignature === true && callbacks.secret === undefined) {
    faults.push({ path: ['callbacks', 'secret'], what: 'is missing; requireSignature needs it' });
  }

  const alarms = tree.alarms;
  if (isTree(alarms) && alarms.channel !== undefined && channels > 0 && !names.has(alarms.channel)) {
    faults.push({ path: ['alarms', 'channel'], what: 'is not the name of a channel' });
  }

  const timing = tree.timing;
  if (isTree(timing)) {
    const { askReminderMs: reminder, askTimeoutMs: timeout } = timing;
    if (typeof reminder === 'number' && typeof timeout === 'number' && reminder >= timeout) {
      faults.push({ path: ['timing', 'askReminderMs'], what: 'must be shorter than askTimeoutMs, or 0' });
    }
    const { outagePauseMs: first, outagePauseMaxMs: longest } = timing;
    if (typeof first === 'number' && typeof longest === 'number' && first > longest) {
      faults.push({ path: ['timing', 'outagePauseMs'], what: 'must not be longer than outagePauseMaxMs' });
    }
  }
  return faults;
}

function list(value: unknown): Array<[number, Tree]> {
  return Array.isArray(value)
    ? [...value.entries()].filter((entry): entry is [number, Tree] => isTree(entry[1]))
    : [];
}
