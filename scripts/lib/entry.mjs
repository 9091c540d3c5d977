// Runs before anything is installed, and must be readable by Node versions that are too old, to say so: built-ins
// and plain syntax only.
import { checkNodeVersion } from './node-version.mjs';

/** Runs what `load` promises with the arguments of the command, where this Node will do, and ends with its exit code. */
export function enter(load) {
  const complaint = checkNodeVersion(process.version);
  if (complaint !== undefined) {
    console.error(complaint);
    process.exitCode = 1;
    return;
  }
  load()
    .then((run) => run(process.argv.slice(2)))
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        console.error(error.expected ? error.message : error);
        process.exitCode = 1;
      },
    );
}
