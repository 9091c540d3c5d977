/**
 * Makes a value at its first use and keeps it. Modules are loaded anew for every workflow, so what they make
 * while loading is paid by every run, whether it needs it or not.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
