import { createHmac, randomBytes } from 'node:crypto';
import type { NewProjectBody, ProjectStatus } from './management-answers.ts';
import type { Project } from './projects.ts';

/** A state of a project, and what ends it: looks at the project, time, or nothing. */
export interface Phase {
  readonly status: ProjectStatus;
  /** Ends once it has been looked at so often: by a call for the project or its health. */
  readonly looks?: number;
  /** Ends after this time. */
  readonly milliseconds?: number;
}

/** How far back a project with point-in-time recovery can go. */
export interface Pitr {
  readonly earliest: Date;
  readonly latest: Date;
}

/** What the stand-in knows of a project. */
export interface Hosted {
  readonly project: Project;
  readonly name: string;
  readonly organization: string;
  readonly region: string;
  readonly size: string;
  readonly createdAt: Date;
  /** With which one signs in through the pooler. */
  readonly password: string;
  /** Services that are not healthy when the project is. */
  readonly unhealthy: readonly string[];
  readonly keys: { readonly anon: string; readonly service_role: string };
  pitr: Pitr | undefined;
  /** Its state now. */
  status(): ProjectStatus;
  /** The same, for one who waits for the next. */
  look(): ProjectStatus;
  /** From now on goes through these, of which the last one stays. */
  enter(phases: readonly Phase[]): void;
}

export const COMES_UP: readonly Phase[] = [{ status: 'COMING_UP', looks: 2 }, { status: 'ACTIVE_HEALTHY' }];
export const IS_RESTORED: readonly Phase[] = [
  { status: 'RESTORING', looks: 2 },
  { status: 'ACTIVE_HEALTHY' },
];
export const IS_HEALTHY: readonly Phase[] = [{ status: 'ACTIVE_HEALTHY' }];

/** What is told about a project when it is made. */
export interface About {
  readonly body: NewProjectBody;
  readonly phases: readonly Phase[];
  readonly unhealthy?: readonly string[] | undefined;
}

/** Puts a project under the stand-in's care. */
export function host(project: Project, { body, phases, unhealthy = [] }: About, now: () => number): Hosted {
  const course = walk(now);
  course.enter(phases);
  const secret = randomBytes(32);
  return {
    project,
    name: body.name,
    organization: body.organization_slug,
    region: body.region_selection?.type === 'specific' ? body.region_selection.code : 'eu-central-1',
    size: body.desired_instance_size ?? 'micro',
    createdAt: new Date(now()),
    password: body.db_pass,
    unhealthy,
    keys: {
      anon: jwt(secret, project.ref, 'anon', now()),
      service_role: jwt(secret, project.ref, 'service_role', now()),
    },
    pitr: undefined,
    ...course,
  };
}

function walk(now: () => number): Pick<Hosted, 'status' | 'look' | 'enter'> {
  let phases: readonly Phase[] = IS_HEALTHY;
  let looks = 0;
  let since = now();
  const status = (): ProjectStatus => {
    for (;;) {
      const [phase, next] = phases;
      if (phase === undefined) return 'UNKNOWN';
      const overtime = phase.milliseconds !== undefined && now() - since >= phase.milliseconds;
      const lookedAt = phase.looks !== undefined && looks >= phase.looks;
      if (next === undefined || !(overtime || lookedAt)) return phase.status;
      since = overtime ? since + (phase.milliseconds ?? 0) : now();
      phases = phases.slice(1);
      looks = 0;
    }
  };
  return {
    status,
    look() {
      const seen = status();
      looks++;
      return seen;
    },
    enter(given) {
      phases = given;
      looks = 0;
      since = now();
    },
  };
}

/** A key as the platform's old ones are. */
function jwt(secret: Buffer, ref: string, role: string, now: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(now / 1000);
  const claims = { iss: 'supabase', ref, role, iat, exp: iat + 10 * 365 * 86_400 };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
