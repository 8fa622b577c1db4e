export * from '../../local/keys.ts';
