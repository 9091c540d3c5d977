// `npm run check:api`: does the running server do what its OpenAPI description says?
import { checkNodeVersion } from './lib/node-version.mjs';

const complaint = checkNodeVersion(process.version);
if (complaint === undefined) {
  import('./api-check/check.mjs')
    .then(({ checkApi }) => checkApi(process.argv.slice(2)))
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
