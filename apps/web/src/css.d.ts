/** What Vite makes of style sheets. */
declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}

declare module '*.css' {}

interface ImportMeta {
  /** What Vite tells of how the page was built. */
  readonly env: { readonly DEV: boolean };
}
