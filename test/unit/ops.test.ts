import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../workers/metrics.ts';
import { complaintsAbout } from '../support/promql.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; action: string };
}
const rules = (parse(read('ops/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const board = JSON.parse(read('ops/grafana/dirigent.json')) as {
  panels: {
    title: string;
    gridPos: { x: number; y: number };
    targets: { expr: string; legendFormat: string }[];
  }[];
};
const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...board.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** What a process prints, with the labels that its metrics carry. */
async function printed(): Promise<Map<string, Set<string>>> {
  const { registry } = createMetrics();
  const names = new Map<string, Set<string>>([['up', new Set(['job', 'instance'])]]);
  const text = await registry.metrics();
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const metric = registry.getSingleMetric(name) as unknown as { labelNames?: string[] } | undefined;
    const labels = ['job', 'instance', ...(metric?.labelNames ?? [])];
    if (type !== 'histogram') names.set(name, new Set(labels));
    else {
      names.set(`${name}_bucket`, new Set([...labels, 'le']));
      for (const suffix of ['sum', 'count']) names.set(`${name}_${suffix}`, new Set(labels));
    }
  }
  return names;
}

describe('dashboard and alert rules', () => {
  it.each(queries)(
    '%s asks for metrics and labels that exist, in PromQL that can be read',
    async (_, expr) => {
      expect(complaintsAbout(expr, await printed())).toEqual([]);
    },
  );

  it('notice a name, a label and brackets that are wrong', async () => {
    const known = await printed();
    expect(complaintsAbout('sum(rate(no_such_total[5m]))', known)).toEqual(['no_such_total is no metric']);
    expect(complaintsAbout('sum by (nobody) (queue_size)', known)).toEqual([
      'nobody is no label of queue_size',
    ]);
    expect(complaintsAbout('queue_size{place="x"}', known)).toEqual(['place is no label of queue_size']);
    expect(complaintsAbout('sum(queue_size', known)).toEqual(['brackets do not match']);
    expect(complaintsAbout('summ(queue_size)', known)).toEqual(['summ is no function']);
    expect(complaintsAbout('queue_size[5x]', known)).toEqual(['5x is no duration']);
  });

  it('cover what was asked for: slow, long queue, models down, errors', () => {
    const by = (name: string) => rules.find(({ alert }) => alert === name);
    expect(by('DirigentSlow')).toMatchObject({ labels: { severity: 'warning' } });
    expect(by('DirigentSlow')?.expr).toMatch(/> 2$/);
    expect(by('DirigentQueueLong')).toMatchObject({ labels: { severity: 'critical' } });
    expect(by('DirigentQueueLong')?.expr).toMatch(/> 10000$/);
    expect(by('DirigentModelsDown')).toMatchObject({ labels: { severity: 'critical' } });
    expect(by('DirigentErrors')).toMatchObject({ labels: { severity: 'warning' } });
    expect(by('DirigentErrors')?.expr).toMatch(/\[5m\].*> 0\.01$/);
  });

  it('say of every alert what to do, and put no two panels in one place', () => {
    for (const { alert, annotations } of rules) {
      expect(annotations.summary, alert).toMatch(/\S/);
      expect(annotations.action, alert).toMatch(/\S/);
    }
    const places = board.panels.map(({ gridPos: { x, y } }) => `${x},${y}`);
    expect(new Set(places).size).toBe(places.length);
  });
});
