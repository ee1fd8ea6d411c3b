import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The green of fresh palm leaves, from which raffia is made. */
const palm: MantineColorsTuple = [
  '#eaf7f1',
  '#d3ecdf',
  '#a5d8bf',
  '#74c39d',
  '#4db280',
  '#35a76e',
  '#279c63',
  '#1a7f4f',
  '#0f6d43',
  '#055635',
];

export const theme = createTheme({
  primaryColor: 'palm',
  primaryShade: 8,
  colors: { palm },
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  components: {
    // A notice's colour is its border; its words have the text's contrast.
    Alert: {
      styles: { title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } },
    },
    // A badge is a word that must be read, however narrow the column.
    Badge: { styles: { root: { flexShrink: 0, overflow: 'visible' }, label: { overflow: 'visible' } } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
  },
});

/** Greys and reds that can be read by people who see little contrast (WCAG 2.2 AA). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#4f5761',
    '--mantine-color-placeholder': '#5f6873',
    '--mantine-color-error': '#b02121',
    '--mantine-color-anchor': '#0f6d43',
  },
  dark: {
    '--mantine-color-dimmed': '#b3b8bf',
    '--mantine-color-placeholder': '#a0a6ae',
    '--mantine-color-error': '#ff9d9d',
    '--mantine-color-anchor': '#74c39d',
  },
});
