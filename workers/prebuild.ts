import { keptBundle, PREBUILT } from './bundle.ts';

// Run where an image is made, after its sources are in place and before its user may no longer write there.
const built = await keptBundle(PREBUILT);
if (!('codePath' in built)) throw new Error(`The workflow bundle cannot be written to ${PREBUILT}.`);
console.log(built.codePath);
