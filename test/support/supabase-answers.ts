import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a scripted Management API answers to one request; an answer without a body is `{}`. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly body?: unknown;
}

/** A Management API that says what a test has put into it. */
export interface ScriptedSupabase {
  readonly url: string;
  /** `DELETE /v1/projects/<ref>` and the like, with their queries, since they were last forgotten. */
  readonly asked: string[];
  /** Tokens that requests came with. */
  readonly tokens: Set<string>;
  /** Forgets what was asked, and answers so from now on. A request without an answer gets 404. */
  answerWith(answers: Readonly<Record<string, ScriptedAnswer>>): void;
  stop(): Promise<void>;
}

/** Starts one on a free port of this machine. Answers are found by method and path, without the query. */
export async function scriptSupabase(): Promise<ScriptedSupabase> {
  const asked: string[] = [];
  const tokens = new Set<string>();
  let answers: Readonly<Record<string, ScriptedAnswer>> = {};
  const answerTo = ({ method, url = '' }: IncomingMessage): ScriptedAnswer =>
    answers[`${method} ${url.split('?')[0]}`] ?? { status: 404, body: { message: 'nobody here' } };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    tokens.add(request.headers.authorization ?? '');
    const { status = 200, body = {} } = answerTo(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    tokens,
    answerWith(given) {
      answers = given;
      asked.length = 0;
      tokens.clear();
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
