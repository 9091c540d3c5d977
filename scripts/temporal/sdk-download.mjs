// Run by download.mjs in a process of its own, with a folder and a version. The SDK downloads when it starts
// a test server, so one is started and stopped.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [, , downloadDir, version] = process.argv;
const executable = { type: 'cached-download', version: `v${version}`, downloadDir };
const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } });
await environment.teardown();
