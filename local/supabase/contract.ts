import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { openSupabaseApi } from '../../core/supabase/api.ts';
import { OPERATIONS } from './management-answers.ts';
import { LOCAL_ORGANIZATION, LOCAL_TOKEN, startManagementApi } from './management-api.ts';
import type { Project } from './projects.ts';

/** One request of the client and the stand-in's answer to it. */
export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
}

/** What was compared with an OpenAPI document, and every way in which it does not fit. */
export interface Comparison {
  /** Calls such as `GET /v1/projects/{ref}`. */
  readonly calls: readonly string[];
  readonly problems: readonly string[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: { readonly type?: string };
}
interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}
/** The parts of an OpenAPI 3.0 document that are looked at. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components?: object;
}

/**
 * Lets the client ask everything it can of the stand-in, and compares each request and answer with the document: path,
 * parameters, bodies, status.
 */
export async function compareWith(document: OpenApi): Promise<Comparison> {
  const exchanges = await everyExchange();
  const problems = exchanges.flatMap((exchange) => problemsOf(document, exchange));
  const asked = new Set(
    exchanges.map(({ method, path }) => nameOf(method, templateOf(method, path) ?? path)),
  );
  const unasked = Object.values(OPERATIONS)
    .map(({ method, path }) => nameOf(method, path))
    .filter((name) => !asked.has(name));
  return { calls: [...asked], problems: [...problems, ...unasked.map((name) => `${name} was not tried`)] };
}

const nameOf = (method: string, path: string): string => `${method} ${path}`;

/** Every call in every form that the client has, with projects that are names and no databases. */
export async function everyExchange(): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  let made = 0;
  const standIn = await startManagementApi({
    server: { major: 17 },
    makeProject: async () => nameOnly(String.fromCharCode(97 + made++).repeat(20)),
    dropProject: async () => undefined,
  });
  const recording: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const text = await response.clone().text();
    exchanges.push({
      method: init?.method ?? 'GET',
      path: String(input).slice(standIn.endpoint.length),
      requestBody: typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
      status: response.status,
      responseBody: text === '' ? undefined : JSON.parse(text),
    });
    return response;
  };
  try {
    const options = { token: LOCAL_TOKEN, baseUrl: standIn.endpoint, poolerHosts: ['127.0.0.1'] };
    const api = openSupabaseApi({ ...options, fetch: recording });
    const asked = { name: 'drill', organization: LOCAL_ORGANIZATION, databasePassword: 'secret' };
    const { ref } = await api.createProject(asked);
    const specific = { type: 'specific', code: 'eu-central-1' } as const;
    await api.createProject({ ...asked, region: specific, instanceSize: 'small' });
    await api.createProject({ ...asked, region: { type: 'smartGroup', code: 'emea' } });
    await api.listProjects(LOCAL_ORGANIZATION);
    await api.organization(LOCAL_ORGANIZATION);
    await api.backups(ref);
    await api.addons(ref);
    standIn.setPitr(ref, { earliest: new Date('2026-09-01'), latest: new Date('2026-09-08') });
    await api.backups(ref);
    await api.addons(ref);
    for (let look = 0; look < 2; look++) {
      await api.project(ref);
      await api.health(ref, ['db', 'auth', 'pooler', 'rest', 'storage', 'realtime']);
    }
    await api.pooler(ref);
    await api.apiKeys(ref);
    await api.enableWebhooks(ref);
    await api.restorePitr(ref, new Date('2026-09-02'));
    await api.project(ref);
    await api.deleteProject(ref);
  } finally {
    await standIn.stop();
  }
  return exchanges;
}

const nameOnly = (ref: string): Project => ({ ref, url: '', adminUrl: '', urlAs: () => '' });

function templateOf(method: string, path: string): string | undefined {
  const [bare = ''] = path.split('?');
  return Object.values(OPERATIONS).find(
    (operation) =>
      operation.method === method && new RegExp(`^${operation.path.replace(/\{\w+\}/, '[^/]+')}$`).test(bare),
  )?.path;
}

function problemsOf(document: OpenApi, exchange: Exchange): string[] {
  const { method, path, requestBody, status, responseBody } = exchange;
  const template = templateOf(method, path) ?? path;
  const name = nameOf(method, template);
  const described = document.paths[template]?.[method.toLowerCase()];
  if (described === undefined) return [`${name} is not in the document`];
  const response = described.responses[status];
  if (response === undefined)
    return [`${name} answers ${status}, expected ${Object.keys(described.responses)}`];
  const check = checkerOf(document);
  return [
    ...parameterProblems(described.parameters ?? [], template, path, check),
    ...bodyProblems('the request', described.requestBody, requestBody, check),
    ...bodyProblems('the answer', response, responseBody, check),
  ].map((problem) => `${name}: ${problem}`);
}

type Check = (schema: object, value: unknown) => string | undefined;

/** Says what of a value does not fit a schema, which may refer to others of the document. */
function checkerOf(document: OpenApi): Check {
  const ajv = new Ajv({ strict: false, allErrors: true, discriminator: true, coerceTypes: false });
  formats.default(ajv);
  return (schema, value) => {
    const validate: ValidateFunction = ajv.compile({ ...schema, components: document.components });
    return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'it' });
  };
}

function bodyProblems(what: string, described: Content | undefined, body: unknown, check: Check): string[] {
  const schema = described?.content?.['application/json']?.schema;
  if (schema === undefined) return body === undefined ? [] : [`${what} has a body, expected none`];
  const problem = check(schema, body ?? null);
  return problem === undefined ? [] : [`${what} does not fit: ${problem}`];
}

function parameterProblems(
  parameters: readonly Parameter[],
  template: string,
  path: string,
  check: Check,
): string[] {
  const url = new URL(path, 'http://localhost');
  const id = /\/(?:projects|organizations)\/([^/]+)/.exec(url.pathname)?.[1];
  const unknown = [...url.searchParams.keys()].filter(
    (name) => !parameters.some((parameter) => parameter.in === 'query' && parameter.name === name),
  );
  return [
    ...unknown.map((name) => `query ${name} is unknown`),
    ...parameters.flatMap(({ name, in: where, required = false, schema }) => {
      const given = where === 'path' ? [id ?? ''] : url.searchParams.getAll(name);
      if (given.length === 0) return required ? [`${where} ${name} is missing in ${template}`] : [];
      const problem = check(schema, typed(given, schema.type));
      return problem === undefined ? [] : [`${where} ${name} does not fit: ${problem}`];
    }),
  ];
}

/** A parameter is text; what its schema wants may be something else. */
function typed(given: readonly string[], type: string | undefined): unknown {
  if (type === 'array') return given;
  const [text] = given;
  const isJson = type === 'integer' || type === 'number' || type === 'boolean';
  return isJson ? JSON.parse(text ?? '') : text;
}
