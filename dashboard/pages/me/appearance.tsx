import { Group, Radio, useMantineColorScheme } from '@mantine/core';
import { type Density, setDensity, useDensity } from '../../parts/density.ts';
import { Section } from '../../parts/section.tsx';

/** How pages look to the person, in this browser. */
export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const density = useDensity();
  return (
    <Section title="Appearance">
      <Radio.Group
        label="Colours"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as 'light' | 'dark' | 'auto')}
      >
        <Group mt={4}>
          <Radio value="auto" label="System" />
          <Radio value="light" label="Light" />
          <Radio value="dark" label="Dark" />
        </Group>
      </Radio.Group>
      <Radio.Group label="Rows of lists" value={density} onChange={(value) => setDensity(value as Density)}>
        <Group mt={4}>
          <Radio value="comfortable" label="Comfortable" />
          <Radio value="compact" label="Compact" />
        </Group>
      </Radio.Group>
    </Section>
  );
}
