import type { SavedImage, Template } from '@raffia/client/client.ts';

export const systemKinds = ['os', 'marketplace', 'saved'] as const;
export type SystemKind = (typeof systemKinds)[number];

/** What a VM can be made from: a system or an app of the catalogue, or a saved image. */
export interface System extends Omit<Template, 'category'> {
  readonly kind: SystemKind;
  /** What a saved image is of, where that is known. */
  readonly system?: string;
  /** When a saved image was saved. */
  readonly saved_at?: string;
}

/** Systems of one name, in the catalogue's order; of saved images each stands alone. */
export interface Tile {
  readonly id: string;
  readonly name: string;
  readonly systems: readonly System[];
}

/** The catalogue's, and the saved images that are ready; of all regions. */
export function systemsOf(templates: readonly Template[], images: readonly SavedImage[]): readonly System[] {
  return [
    ...templates.map(({ category, ...template }): System => ({ ...template, kind: category })),
    ...images
      .filter(({ status }) => status === 'ready')
      .map(
        ({ project_id: _project, status: _status, created_at, ...image }): System => ({
          ...image,
          kind: 'saved',
          saved_at: created_at,
        }),
      ),
  ];
}

export function tilesOf(systems: readonly System[], kind: SystemKind): readonly Tile[] {
  const tiles = new Map<string, System[]>();
  for (const system of systems) {
    if (system.kind !== kind) continue;
    const id = kind === 'saved' ? system.id : system.name;
    tiles.set(id, [...(tiles.get(id) ?? []), system]);
  }
  return [...tiles].map(([id, found]) => ({ id, name: found[0]?.name ?? '', systems: found }));
}
