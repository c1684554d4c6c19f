/** The address under which Vite serves a file as it is. */
declare module '*?url' {
  const url: string;
  export default url;
}
