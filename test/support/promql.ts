const FUNCTIONS = new Set([
  'rate',
  'sum',
  'max',
  'min',
  'avg',
  'count',
  'histogram_quantile',
  'absent',
  'increase',
]);
const WORDS = new Set(['by', 'without', 'unless', 'and', 'or', 'on', 'ignoring', 'bool']);
const DURATION = /^(\d+(ms|[smhdwy]))+$/;
const PAIRS: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/**
 * What is wrong with a query, as far as names, labels, durations and brackets tell. Not a parser: it knows the
 * functions in use here and nothing of types.
 */
export function complaintsAbout(expr: string, known: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const open: string[] = [];
  for (const sign of expr.replace(/"[^"]*"/g, '')) {
    if ('([{'.includes(sign)) open.push(sign);
    else if (sign in PAIRS && open.pop() !== PAIRS[sign]) return ['brackets do not match'];
  }
  if (open.length > 0) return ['brackets do not match'];

  const complaints: string[] = [];
  const metrics: string[] = [];
  const grouping: string[] = [];
  const bare = expr
    .replace(/([a-z_]\w*)\{([^}]*)\}/gi, (_, name: string, matchers: string) => {
      for (const part of matchers.split(',')) {
        const label = /^\s*(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"\s*$/.exec(part)?.[1];
        if (label === undefined) complaints.push(`${part.trim()} is no matcher`);
        else if (known.has(name) && !known.get(name)?.has(label))
          complaints.push(`${label} is no label of ${name}`);
      }
      return name;
    })
    .replace(/\[([^\]]*)\]/g, (_, duration: string) => {
      if (!DURATION.test(duration)) complaints.push(`${duration} is no duration`);
      return '';
    })
    .replace(/\b(?:by|without)\s*\(([^)]*)\)/g, (_, labels: string) => {
      grouping.push(...labels.split(',').map((label) => label.trim()));
      return '';
    });
  for (const [, word = '', bracket] of bare.matchAll(/(?<![\w.])([a-z_]\w*)\s*(\()?/gi)) {
    if (WORDS.has(word)) continue;
    if (bracket !== undefined) {
      if (!FUNCTIONS.has(word)) complaints.push(`${word} is no function`);
    } else if (!known.has(word)) complaints.push(`${word} is no metric`);
    else metrics.push(word);
  }
  for (const label of grouping) {
    for (const metric of new Set(metrics))
      if (!known.get(metric)?.has(label)) complaints.push(`${label} is no label of ${metric}`);
  }
  return complaints;
}
