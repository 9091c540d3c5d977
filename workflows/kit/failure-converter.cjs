// Found by its path, by the SDK: in processes by require, in the sandbox as a part of the bundle.
const { DefaultFailureConverter } = require('@temporalio/common');

/** Puts messages and stack traces of failures into a payload, which the codec encrypts. */
class EncodedFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }

  /** A copy: the message is replaced in what this returns, and a failure passed on twice must keep its own. */
  errorToFailureInner(...args) {
    return { ...super.errorToFailureInner(...args) };
  }
}

exports.failureConverter = new EncodedFailureConverter();
