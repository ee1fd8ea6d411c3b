import { Switch } from '@mantine/core';
import { Section } from './section.tsx';
import { setKeysOn, useAreKeysOn } from './use-key.ts';

/** Single keys can be switched off, for whoever types them without meaning to. */
export function KeysSetting() {
  return (
    <Section title="Keyboard">
      <Switch
        label="Single-key shortcuts"
        description="Such as c to create and g v for virtual machines. Press ? for all of them. They are off where you type."
        checked={useAreKeysOn()}
        onChange={(event) => setKeysOn(event.currentTarget.checked)}
      />
    </Section>
  );
}
