/*
 * Stands where the Lambda runtime stands: loads the bundled handler, gives it one event, tells the parent over the IPC
 * channel what came of it, and ends. Everything else here is the handler's: its environment, its output.
 */
process.once('message', async ({ file, name, event, context }) => {
  process.send(await invoke(file, name, event, context), () => process.disconnect());
});

async function invoke(file, name, event, context) {
  let handler;
  try {
    handler = (await import(file))[name];
  } catch (error) {
    return failure(error, 'Runtime.ImportModuleError');
  }
  if (typeof handler !== 'function') {
    return failure(new Error(`${file} exports no function ${name}`), 'Runtime.HandlerNotFound');
  }
  try {
    return { result: (await handler(event, context)) ?? null };
  } catch (error) {
    return failure(error);
  }
}

function failure(error, type) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { error: { errorType: type ?? name, errorMessage: message, trace: stack?.split('\n') ?? [] } };
}
