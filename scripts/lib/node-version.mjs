const LEAST = [20, 19];

/** What to tell the person when this Node is too old; undefined when it will do. */
export function checkNodeVersion(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return undefined;
  return (
    'Dirigent needs Node.js ' +
    LEAST.join('.') +
    ' or newer (20, 22 and 24 are tested); this is ' +
    version +
    '. Get one at https://nodejs.org.'
  );
}
