import type { SupabaseApi } from '../../core/supabase/api.ts';
import type { NewProjectSettings } from '../../core/supabase/settings.ts';

/** Where a project is made, and what opens it is kept. */
export interface ProjectRoom {
  readonly settings: NewProjectSettings;
  /** Ref of the project that is backed up. */
  readonly sourceRef: string;
  readonly secretArn: string;
  /** As people find it. */
  readonly secretName: string;
  readonly supabase: SupabaseApi;
}
