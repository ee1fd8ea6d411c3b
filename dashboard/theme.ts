import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  rem,
  type VariantColorsResolver,
} from '@mantine/core';
import controls from './controls.module.css';
import tokens from './tokens.json' with { type: 'json' };

export type Token = keyof (typeof tokens)['light'];

/** A token as a value of CSS: light or dark, as the page is. */
export const token = (name: Token): string => `var(--raffia-${name})`;

/** The green of fresh palm leaves, from which raffia is made. */
const palm: MantineColorsTuple = [
  '#e9f3ec',
  tokens.light['accent-soft'],
  '#b5dcc6',
  '#86c6a4',
  '#58cf95',
  '#3fbf82',
  tokens.light['ok-mark'],
  '#187a4d',
  tokens.light.accent,
  tokens.light['accent-hover'],
];

/** Where the library names a grey of its own, it gets one of ours. */
const { light, dark } = tokens;
const gray: MantineColorsTuple = [
  light.sunken,
  light.hover,
  light.line,
  light.line,
  light['line-strong'],
  light['control-line'],
  light['text-3'],
  light['text-2'],
  light.inverse,
  light.text,
];
const darkGray: MantineColorsTuple = [
  dark.text,
  dark['text-2'],
  dark['text-3'],
  dark['control-line'],
  dark['line-strong'],
  dark.line,
  dark.surface,
  dark.canvas,
  dark.sunken,
  dark.canvas,
];

const inRed = (color: string | undefined) => color === 'danger' || color?.startsWith('red') === true;

/** Buttons and their like: green for the one act of a view, red for the last step of destroying, all else in greys. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const { variant, color } = input;
  const isAccent = color === undefined || color.startsWith('palm');
  const plain = { border: '1px solid transparent' };
  if (variant === 'filled' && isAccent) {
    const colours = { background: token('accent'), hover: token('accent-hover'), color: token('on-accent') };
    return { ...plain, ...colours };
  }
  if (variant === 'filled' && inRed(color)) {
    const colours = { background: token('danger-mark'), hover: token('danger-hover'), color: token('on-danger') };
    return { ...plain, ...colours };
  }
  if (variant === 'default' || variant === 'outline') {
    return {
      background: token('surface'),
      hover: token('hover'),
      color: inRed(color) ? token('danger') : token('text'),
      border: `1px solid ${token('line-strong')}`,
    };
  }
  if (variant === 'subtle' || variant === 'transparent') {
    const words = inRed(color) ? token('danger') : isAccent ? token('accent-text') : token('text-2');
    return { ...plain, background: 'transparent', hover: token('hover'), color: words };
  }
  if (variant === 'light') {
    const kind = inRed(color) ? 'danger' : isAccent ? 'accent' : color?.startsWith('yellow') ? 'warn' : 'info';
    const words = kind === 'accent' ? token('accent-text') : token(kind);
    return { ...plain, background: token(`${kind}-soft`), hover: token(`${kind}-soft`), color: words };
  }
  return defaultVariantColorsResolver(input);
};

const kindOf = (color: string | undefined) => (inRed(color) ? 'danger' : color?.startsWith('yellow') ? 'warn' : 'info');

const overlay = { transitionProps: { duration: 140, timingFunction: 'cubic-bezier(.2, 0, 0, 1)' } };
/** Where a field has a size of its own, it keeps it. */
const field = { classNames: { input: controls.input, label: controls.label, description: controls.hint } };

export const theme = createTheme({
  primaryColor: 'palm',
  primaryShade: { light: 8, dark: 5 },
  colors: { palm, gray, dark: darkGray },
  white: light.surface,
  black: light.text,
  variantColorResolver,
  defaultRadius: 'sm',
  radius: { xs: rem(4), sm: rem(6), md: rem(10), lg: rem(14), xl: rem(1000) },
  spacing: { xs: rem(8), sm: rem(12), md: rem(16), lg: rem(20), xl: rem(24) },
  fontFamily: '"Hanken Grotesk Variable", "Segoe UI", system-ui, -apple-system, Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: rem(12.5), sm: rem(13.5), md: rem(13.5), lg: rem(14.5), xl: rem(21) },
  lineHeights: { xs: '1.44', sm: '1.4815', md: '1.4815', lg: '1.38', xl: '1.334' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: rem(21), lineHeight: '1.334' },
      h2: { fontSize: rem(21), lineHeight: '1.334' },
      h3: { fontSize: rem(14.5), lineHeight: '1.38' },
      h4: { fontSize: rem(14.5), lineHeight: '1.38' },
      h5: { fontSize: rem(13.5), lineHeight: '1.4815' },
      h6: { fontSize: rem(13.5), lineHeight: '1.4815' },
    },
  },
  shadows: {
    xs: 'var(--raffia-shadow-card)',
    sm: 'var(--raffia-shadow-card)',
    md: 'var(--raffia-shadow-overlay)',
    lg: 'var(--raffia-shadow-overlay)',
    xl: 'var(--raffia-shadow-overlay)',
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { classNames: { root: controls.button } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' }, classNames: { root: controls.icon } },
    // What may be left out says so; what is required is not marked.
    InputWrapper: {
      defaultProps: { withAsterisk: false },
      classNames: { label: controls.label, description: controls.hint, error: controls.error },
    },
    Input: { classNames: { input: controls.input, wrapper: controls.field } },
    Checkbox: { classNames: { input: controls.box, icon: controls.tick }, defaultProps: { size: 'xs' } },
    Radio: { classNames: { radio: controls.box, icon: controls.tick }, defaultProps: { size: 'xs' } },
    Switch: { classNames: { track: controls.track, thumb: controls.thumb } },
    SegmentedControl: {
      classNames: { root: controls.segments, indicator: controls.segment, label: controls.segmentLabel },
    },
    Card: { classNames: { root: controls.card }, defaultProps: { radius: 'md', padding: 'md' } },
    Modal: {
      defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, radius: 'lg', ...overlay },
      classNames: { content: controls.overlay, header: controls.overlay, title: controls.title },
    },
    Drawer: {
      defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, ...overlay },
      classNames: { content: controls.overlay, header: controls.overlay, title: controls.title },
    },
    Menu: {
      // A menu has entries alone: what would have the focus first is none, and the menu itself takes it.
      defaultProps: { shadow: 'md', radius: 'md', withInitialFocusPlaceholder: false, ...overlay },
      classNames: { dropdown: controls.dropdown, item: controls.item, label: controls.group },
    },
    Popover: { defaultProps: { shadow: 'md', radius: 'md', ...overlay }, classNames: { dropdown: controls.dropdown } },
    Combobox: { classNames: { dropdown: controls.dropdown, option: controls.item } },
    Select: { ...field, defaultProps: { comboboxProps: { shadow: 'md' } } },
    MultiSelect: { ...field, defaultProps: { comboboxProps: { shadow: 'md' } } },
    Tooltip: { classNames: { tooltip: controls.tooltip }, defaultProps: { openDelay: 300 } },
    Tabs: { classNames: { list: controls.tabs, tab: controls.tab } },
    Table: { classNames: { th: controls.th } },
    Code: { classNames: { root: controls.code } },
    Anchor: { classNames: { root: controls.anchor } },
    // A notice's colour is its ground; its words have the text's contrast.
    Alert: {
      vars: (_theme: unknown, { color }: { color?: string }) => ({
        root: {
          '--alert-bg': token(`${kindOf(color)}-soft`),
          '--alert-bd': '1px solid transparent',
          '--alert-color': token(kindOf(color)),
        },
      }),
      classNames: { title: controls.alertTitle, message: controls.alertWords },
    },
    // A badge is a word that must be read, however narrow the column.
    Badge: { classNames: { root: controls.badge, label: controls.badgeLabel } },
    Notification: {
      classNames: { root: controls.toast, title: controls.alertTitle, description: controls.alertWords },
    },
  },
});

const inScheme = (scheme: keyof typeof tokens): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(tokens[scheme]).map(([name, value]) => [`--raffia-${name}`, value])),
  '--raffia-shadow-card': scheme === 'light' ? '0 1px 2px rgb(24 27 24 / .05)' : 'none',
  '--raffia-shadow-overlay':
    scheme === 'light'
      ? '0 8px 28px -6px rgb(24 27 24 / .16), 0 2px 6px rgb(24 27 24 / .06)'
      : `0 14px 40px -8px rgb(0 0 0 / .7), 0 0 0 1px ${tokens.dark['line-strong']}`,
  '--mantine-color-body': token('canvas'),
  '--mantine-color-text': token('text'),
  '--mantine-color-bright': token('text'),
  '--mantine-color-default': token('surface'),
  '--mantine-color-default-hover': token('hover'),
  '--mantine-color-default-color': token('text'),
  '--mantine-color-default-border': token('line-strong'),
  '--mantine-color-dimmed': token('text-2'),
  '--mantine-color-placeholder': token('text-3'),
  '--mantine-color-anchor': token('accent-text'),
  '--mantine-color-error': token('danger'),
  '--mantine-color-disabled': token('sunken'),
  '--mantine-color-disabled-color': token('text-3'),
  '--mantine-color-disabled-border': token('line'),
  '--mantine-primary-color-filled': token('accent'),
  '--mantine-primary-color-filled-hover': token('accent-hover'),
  '--mantine-primary-color-contrast': token('on-accent'),
  '--mantine-primary-color-light': token('accent-soft'),
  '--mantine-primary-color-light-color': token('accent-text'),
  '--mantine-color-palm-filled': token('accent'),
  '--mantine-color-palm-filled-hover': token('accent-hover'),
  '--mantine-color-palm-light': token('accent-soft'),
  '--mantine-color-palm-light-color': token('accent-text'),
  '--mantine-color-palm-text': token('accent-text'),
  '--mantine-color-palm-outline': token('accent-text'),
});

/** The tokens as `--raffia-*`, and the library's own variables made of them. */
export const variables: CSSVariablesResolver = () => ({
  variables: {
    '--raffia-ease': 'cubic-bezier(.2, 0, 0, 1)',
    '--raffia-fast': '120ms',
    '--raffia-slow': '140ms',
  },
  light: inScheme('light'),
  dark: inScheme('dark'),
});
