/** A fault whose message says all a person needs: it is shown without a stack. */
export class ExpectedError extends Error {
  expected = true;
}
