/** What a verb of the engine answered, as far as the demo looks at it. */
export interface EngineResult {
  readonly id: string;
  readonly outcome: string;
  readonly tables: number;
  readonly rows: string;
  readonly objects: number;
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly seconds: Readonly<Record<string, number>>;
}
