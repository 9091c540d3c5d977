// The entry of `npm start`. It runs before anything is installed, and must be readable by Node versions
// that are too old, to say so: built-ins and plain syntax only.
import { checkNodeVersion } from './lib/node-version.mjs';

const complaint = checkNodeVersion(process.version);
if (complaint === undefined) {
  import('./lib/launch.mjs')
    .then(({ start }) => start(process.argv.slice(2)))
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        console.error(error.expected ? error.message : error);
        process.exitCode = 1;
      },
    );
} else {
  console.error(complaint);
  process.exitCode = 1;
}
