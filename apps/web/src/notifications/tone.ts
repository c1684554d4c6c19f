/** Two soft notes; no file is needed for them. */
let context: AudioContext | null = null;

export function playTone(): void {
  context ??= new AudioContext();
  const { currentTime, destination } = context;
  // A page that was never touched makes no sound: the browser holds it back.
  if (context.state === 'suspended') void context.resume();
  for (const [index, pitch] of [660, 880].entries()) {
    const start = currentTime + index * 0.12;
    const note = context.createOscillator();
    const loudness = context.createGain();
    note.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.12, start + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
    note.connect(loudness).connect(destination);
    note.start(start);
    note.stop(start + 0.32);
  }
}
