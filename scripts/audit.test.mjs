import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { advisoriesOf, faultsOfExceptions, judge } from './lib/audit.mjs';

const TODAY = '2026-12-01';
const advisory = (id, name) => ({
  source: 1,
  name,
  title: 'Something can be done to it',
  url: `https://github.com/advisories/${id}`,
  severity: 'high',
});
const ID = 'GHSA-aaaa-bbbb-cccc';
const exception = { id: ID, package: 'deep', reason: 'Only parses our own files.', until: '2027-01-31' };
const report = {
  auditReportVersion: 2,
  vulnerabilities: {
    deep: { via: [advisory(ID, 'deep')] },
    near: { via: ['deep', advisory(ID, 'deep')] },
  },
};

describe('the audit of dependencies', () => {
  it('finds each advisory once, under the package that is at fault', () => {
    expect(advisoriesOf(report)).toEqual([
      { id: ID, package: 'deep', severity: 'high', title: 'Something can be done to it' },
    ]);
  });

  it('takes no other answer for a clean one', () => {
    for (const answer of [
      undefined,
      null,
      {},
      { message: '405 Method Not Allowed' },
      { auditReportVersion: 1 },
    ])
      expect(advisoriesOf(answer)).toBeUndefined();
    expect(advisoriesOf({ auditReportVersion: 2, vulnerabilities: {} })).toEqual([]);
  });

  it('fails for what nobody has excepted, and for an exception that nothing needs', () => {
    const found = advisoriesOf(report);
    expect(judge(found, { exceptions: [exception] })).toEqual([]);
    expect(judge(found, { exceptions: [] })[0]).toContain(`(high, ${ID})`);
    expect(judge(found, { exceptions: [{ ...exception, package: 'other' }] })).toHaveLength(2);
    expect(judge([], { exceptions: [exception] })[0]).toContain('remove it');
  });

  it('lets no exception stand without a reason, an end, or beyond its end', () => {
    const faults = (over) => faultsOfExceptions({ exceptions: [{ ...exception, ...over }] }, TODAY);
    expect(faults({})).toEqual([]);
    expect(faults({ until: TODAY })).toEqual([]);
    for (const wrong of [
      { until: '2026-11-30' },
      { until: undefined },
      { until: 'later' },
      { reason: ' ' },
      { id: 'x' },
    ])
      expect(faults(wrong)).toHaveLength(1);
    expect(faultsOfExceptions({}, TODAY)).toHaveLength(1);
  });

  it('has a list of exceptions that can be read', () => {
    const committed = JSON.parse(
      readFileSync(new URL('../.ci/audit-exceptions.json', import.meta.url), 'utf8'),
    );
    // Their end is looked at by the audit: a test would fail on a day of its own.
    expect(faultsOfExceptions(committed, '2000-01-01')).toEqual([]);
  });
});
