/** The promise's value, unless the signal aborts first; the promise itself goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const waiting = Promise.withResolvers<never>();
  const abort = () => waiting.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, waiting.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
