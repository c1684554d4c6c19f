/** Which emoji this device has pictures for. */

interface Versioned {
  readonly emoji: string;
  readonly version: number;
}

/** The newest version of which one is drawn; the newest of all where nothing can be drawn to find out. */
export function newestVersion(all: readonly Versioned[]): number {
  const versions = [...new Set(all.map(({ version }) => version))].sort((a, b) => b - a);
  const newest = versions[0] ?? 0;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 2;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return newest;
  context.font = '100px sans-serif';
  context.textBaseline = 'middle';
  context.scale(0.01, 0.01);
  const drawn = (version: number) => {
    // One of one code point: what is joined of several is drawn as its parts where it is not known.
    const sample = all.find((one) => one.version === version && [...one.emoji].length === 1);
    return sample !== undefined && inColour(context, sample.emoji);
  };
  return versions.find(drawn) ?? newest;
}

/** A picture looks the same whatever colour text has; the sign for what is missing does not. */
function inColour(context: CanvasRenderingContext2D, emoji: string): boolean {
  const draw = (colour: string) => {
    context.clearRect(0, 0, 200, 200);
    context.fillStyle = colour;
    context.fillText(emoji, 0, 100);
    return [...context.getImageData(0, 0, 2, 2).data];
  };
  const black = draw('#000');
  const white = draw('#fff');
  return black.some((value) => value !== 0) && black.every((value, index) => value === white[index]);
}
