const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ID = /^GHSA(-[a-z0-9]{4}){3}$/;

/** What is wrong with the list of exceptions by itself: each names an advisory, a reason, and a day on which it ends. */
export function faultsOfExceptions({ exceptions }, today) {
  if (!Array.isArray(exceptions)) return ['It has no list "exceptions".'];
  return exceptions.flatMap(({ id, package: name, reason, until }) => {
    if (!ID.test(id) || !name)
      return [`An exception names no advisory (GHSA-…) or no package: ${id}, ${name}.`];
    if (!reason?.trim()) return [`${id} is excepted without a reason.`];
    if (!DAY.test(until)) return [`${id} is excepted for ever; until is a day, like 2027-01-31.`];
    return until < today ? [`${id} (${name}) was excepted until ${until}: update, or decide anew.`] : [];
  });
}

/** Advisories of a report of `npm audit --json`, each once. Undefined for what is no such report. */
export function advisoriesOf(report) {
  if (report?.auditReportVersion !== 2) return undefined;
  const found = new Map();
  for (const { via } of Object.values(report.vulnerabilities)) {
    for (const cause of via) {
      // A name stands for another entry, which is in the report itself.
      if (typeof cause === 'string') continue;
      const id = /GHSA-[\w-]+/.exec(cause.url ?? '')?.[0] ?? String(cause.source);
      found.set(`${id} ${cause.name}`, {
        id,
        package: cause.name,
        severity: cause.severity,
        title: cause.title,
      });
    }
  }
  return [...found.values()];
}

/** What fails: advisories that nobody has excepted, and exceptions that nothing needs any more. */
export function judge(advisories, { exceptions }) {
  const covers = (exception, advisory) =>
    exception.id === advisory.id && exception.package === advisory.package;
  return [
    ...advisories
      .filter((advisory) => !exceptions.some((exception) => covers(exception, advisory)))
      .map(({ id, package: name, severity, title }) => `${name}: ${title} (${severity}, ${id})`),
    ...exceptions
      .filter((exception) => !advisories.some((advisory) => covers(exception, advisory)))
      .map(
        ({ id, package: name }) => `${id} is excepted for ${name}, and is not reported any more: remove it.`,
      ),
  ];
}
