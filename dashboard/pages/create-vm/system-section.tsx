import { Select } from '@mantine/core';
import { systemInWords, versionInWords } from '../../parts/system-words.ts';
import { type System, type SystemKind, systemKinds, type Tile, tilesOf } from '../../parts/systems.ts';
import classes from './create-vm.module.css';
import { Choice, ChoiceError, FormSection } from './form-section.tsx';
import type { VmForm } from './use-vm-form.ts';

const words: Readonly<Record<SystemKind, string>> = { os: 'Systems', marketplace: 'Apps', saved: 'Saved images' };

export function SystemSection({
  form,
  systems,
  regions,
  onRegion,
}: {
  form: VmForm;
  systems: readonly System[];
  regions: readonly { readonly value: string; readonly label: string }[];
  onRegion: (region: string) => void;
}) {
  const { kind, systemId } = form.values;
  const kinds = systemKinds.filter((one) => systems.some((system) => system.kind === one));
  const shown = kinds.includes(kind) ? kind : (kinds[0] ?? kind);
  const saved = systems.filter((system) => system.kind === 'saved').length;
  return (
    <FormSection
      title="System"
      choice={
        kinds.length > 1 && (
          <Choice
            aria-label="Kind of system"
            data={kinds.map((value) => ({
              value,
              label: (
                <>
                  {words[value]}
                  {value === 'saved' && <small> {saved}</small>}
                </>
              ),
            }))}
            value={shown}
            onChange={(value) => form.setFieldValue('kind', value as SystemKind)}
          />
        )
      }
    >
      {regions.length > 1 && (
        <Select
          label="Region"
          data={[...regions]}
          allowDeselect={false}
          maw={320}
          value={form.values.region}
          onChange={(region) => region !== null && onRegion(region)}
        />
      )}
      <div className={classes.tiles} role="radiogroup" aria-label="System">
        {tilesOf(systems, shown).map((tile, at) => (
          <SystemTile
            key={tile.id}
            tile={tile}
            chosen={tile.systems.find(({ id }) => id === systemId)}
            isFirst={at === 0}
            onChoose={({ id }) => form.setFieldValue('systemId', id)}
          />
        ))}
      </div>
      <ChoiceError>{form.errors.systemId}</ChoiceError>
    </FormSection>
  );
}

function SystemTile({
  tile: { name, systems },
  chosen,
  isFirst,
  onChoose,
}: {
  tile: Tile;
  chosen: System | undefined;
  isFirst: boolean;
  onChoose: (system: System) => void;
}) {
  const shown = chosen ?? systems[0];
  if (shown === undefined) return null;
  const version =
    shown.kind === 'saved'
      ? `${systemInWords(shown.system, shown.version)} · ${shown.storage} GB`
      : versionInWords(shown.version);
  const asks = chosen !== undefined && systems.length > 1;
  return (
    <div
      className={classes.tile}
      data-chosen={chosen !== undefined || undefined}
      title={shown.description || undefined}
    >
      <input
        type="radio"
        name="system"
        aria-label={`${name} ${version}`}
        checked={chosen !== undefined}
        onChange={() => onChoose(shown)}
        {...(isFirst ? { 'data-path': 'systemId' } : {})}
      />
      <b>
        <bdi>{name}</bdi>
      </b>
      {!asks && <small>{version}</small>}
      {asks && (
        <span className={classes.version}>
          <select
            aria-label={`Version of ${name}`}
            value={shown.id}
            onChange={(event) => {
              const next = systems.find(({ id }) => id === event.currentTarget.value);
              if (next !== undefined) onChoose(next);
            }}
          >
            {systems.map((system) => (
              <option key={system.id} value={system.id}>
                {versionInWords(system.version)}
              </option>
            ))}
          </select>
        </span>
      )}
      {shown.kind === 'marketplace' && shown.description !== '' && <small>{shown.description}</small>}
    </div>
  );
}
