export * from './archive.ts';
export * from './base.ts';
export * from './fault.ts';
export * from './files.ts';
export * from './input.ts';
export * from './restore.ts';
export * from './selective.ts';
export * from './storage.ts';
