const QUIET_MS = 15_000;

/**
 * Lines for the person who waits. `progress` overwrites its line on a terminal; elsewhere it speaks at
 * most every 15 s, so that a CI log stays readable.
 */
export function createReporter(stream = process.stderr, now = Date.now) {
  let open = false;
  let last = Number.NEGATIVE_INFINITY;
  return {
    log(line) {
      stream.write(`${open ? '\r\x1b[2K' : ''}${line}\n`);
      open = false;
    },
    progress(line) {
      if (stream.isTTY) {
        stream.write(`\r\x1b[2K${line}`);
        open = true;
      } else if (now() - last >= QUIET_MS) {
        last = now();
        stream.write(`${line}\n`);
      }
    },
  };
}
