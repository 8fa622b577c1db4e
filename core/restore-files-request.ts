import { z } from 'zod';
import type { Bilingual } from './restore-input-members.ts';
import { parseInstant } from './set-id.ts';

/** Never an option of the engine. */
const word = z.string().regex(/^[^-]/);

/** Storage files to bring back, as an operator asks for them: all of them where neither bucket nor file is named. */
export const filesRequestSchema = z.strictObject({
  mode: z.literal('files'),
  /** Id of an inventory, or `latest`. */
  backup: z
    .string()
    .regex(/^\w[\w.:-]*$/)
    .default('latest'),
  /** With `latest`: the instant whose files are wanted. */
  at: z
    .string()
    .refine((text) => {
      try {
        return parseInstant(text) !== undefined;
      } catch {
        return false;
      }
    })
    .optional(),
  bucket: word.regex(/^[^/]+$/).optional(),
  /** Of a bucket: files whose names begin so. */
  prefix: word.optional(),
  /** `bucket/name`. */
  file: word.regex(/^[^/]+\/./).optional(),
  /** Say what would be done, and change nothing. */
  plan: z.boolean().default(false),
  confirm: z.string().min(1).optional(),
});
export type FilesRequest = z.output<typeof filesRequestSchema>;

/** Members that do not go together. */
export function filesMisfits({ backup, at, bucket, prefix, file }: FilesRequest): Bilingual[] {
  const twice = (['bucket', 'prefix'] as const).filter(
    (member) => file !== undefined && { bucket, prefix }[member] !== undefined,
  );
  return [
    ...twice.map((member) => ({
      en: `"${member}" does not go with "file", which names one file whole; leave one of them out`,
      ko: `"${member}"은(는) 파일 하나를 가리키는 "file"과 함께 쓸 수 없습니다. 하나를 빼 주세요`,
    })),
    ...(prefix !== undefined && bucket === undefined && file === undefined
      ? [
          {
            en: '"prefix" needs "bucket", whose files it chooses from',
            ko: '"prefix"에는 어느 버킷인지 "bucket"이 필요합니다',
          },
        ]
      : []),
    ...(at !== undefined && backup !== 'latest'
      ? [
          {
            en: `"at" is used only with latest, and ${backup} is one inventory; leave it out`,
            ko: `"at"은 "backup": "latest"와만 씁니다. ${backup}은(는) 하나의 목록입니다. 빼 주세요`,
          },
        ]
      : []),
  ];
}

/** Arguments of the engine, the verb included. */
export function filesArguments(request: FilesRequest): string[] {
  const value = (option: string, given: string | undefined) => (given === undefined ? [] : [option, given]);
  return [
    'files',
    'restore',
    request.backup,
    ...value('--at', request.at),
    ...value('--bucket', request.bucket),
    ...value('--prefix', request.prefix),
    ...value('--file', request.file),
    ...(request.plan ? ['--plan'] : []),
    ...value('--confirm', request.confirm),
  ];
}
