/*
 * Stands where the Lambda runtime stands: loads the bundled handler, gives it an event, and tells the parent over the IPC
 * channel what came of it. It ends after one event, unless the parent marks the end of each: then it stays for the next, as
 * a warm instance does. Everything else here is the handler's: its environment, its output.
 */
process.on('message', async ({ file, name, event, context, endMark }) => {
  const answer = await invoke(file, name, event, context);
  if (endMark === undefined) {
    process.send(answer, () => process.disconnect());
    return;
  }
  for (const stream of [process.stdout, process.stderr]) stream.write(`${endMark}\n`);
  process.send(answer);
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
