/** Two speech bubbles. */
export function Logo({ size = 40 }: { size?: number | undefined }) {
  return <img src="./icon.svg" width={size} height={size} alt="" />;
}
