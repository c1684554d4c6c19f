/**
 * Records what somebody says, in the page. Firefox writes Ogg, Chromium and newer Safaris WebM, which becomes Ogg here; older Safaris write
 * MP4. The server takes Ogg and MP4 (contract section 2, Media).
 */
import { webmToOgg } from './remux.ts';

/** A finished recording. */
export interface Recording {
  readonly file: Blob;
  readonly filename: string;
  readonly durationMs: number;
}

interface Format {
  readonly record: string;
  readonly store: string;
  readonly ending: string;
}

const ogg = { store: 'audio/ogg; codecs=opus', ending: 'ogg' };
const formats: readonly Format[] = [
  { record: 'audio/ogg;codecs=opus', ...ogg },
  { record: 'audio/webm;codecs=opus', ...ogg },
  { record: 'audio/mp4', store: 'audio/mp4', ending: 'm4a' },
];

/** Enough for speech. */
const bitsPerSecond = 32_000;
/** What fits into the 16 MB that a sound may have; a recording stops there and waits to be sent. */
const longestMs = 60 * 60_000;

/** Whether this browser can record at all: pages without TLS cannot, except on localhost. */
export function canRecord(): boolean {
  return format() !== undefined && navigator.mediaDevices !== undefined;
}

function format(): Format | undefined {
  if (typeof MediaRecorder === 'undefined') return undefined;
  return formats.find(({ record }) => MediaRecorder.isTypeSupported(record));
}

/** One recording, under way from the moment it is there. */
export class Recorder {
  readonly #stream: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #format: Format;
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;
  readonly #pieces: Blob[] = [];
  readonly #started = performance.now();
  readonly #full: ReturnType<typeof setTimeout>;

  private constructor(stream: MediaStream, format: Format) {
    this.#stream = stream;
    this.#format = format;
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    const options = { mimeType: format.record, audioBitsPerSecond: bitsPerSecond };
    this.#recorder = new MediaRecorder(stream, options);
    this.#recorder.ondataavailable = ({ data }) => this.#pieces.push(data);
    this.#recorder.start(1000);
    this.#full = setTimeout(() => this.#recorder.pause(), longestMs);
  }

  /** Asks for the microphone and begins. Rejects with a `DOMException`: `NotAllowedError`, `NotFoundError`, `NotReadableError`. */
  static async start(): Promise<Recorder> {
    const found = format();
    if (!found) throw new DOMException('This browser cannot record sound', 'NotSupportedError');
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    return new Recorder(stream, found);
  }

  /** Milliseconds so far. */
  get elapsedMs(): number {
    return Math.min(longestMs, performance.now() - this.#started);
  }

  /** How loud it is now: 0 to 1. */
  get level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    // Speech lies between -60 and -10 decibels.
    return Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 50));
  }

  /** Ends it. Rejects where there is nothing in it. */
  async stop(): Promise<Recording> {
    const durationMs = Math.round(this.elapsedMs);
    const stopped = new Promise((resolve) => {
      this.#recorder.onstop = resolve;
    });
    if (this.#recorder.state === 'inactive') throw new Error('The microphone was taken away');
    this.#recorder.stop();
    await stopped;
    this.#release();
    const { record, store, ending } = this.#format;
    const recorded = new Blob(this.#pieces);
    const filename = `voice.${ending}`;
    if (!record.includes('webm'))
      return { file: new Blob([recorded], { type: store }), filename, durationMs };
    const serial = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
    const bytes = webmToOgg(new Uint8Array(await recorded.arrayBuffer()), serial);
    return { file: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: store }), filename, durationMs };
  }

  /** Throws it away. */
  cancel(): void {
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    this.#release();
  }

  /** The browser shows that it listens until this. */
  #release(): void {
    clearTimeout(this.#full);
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#context.state !== 'closed') void this.#context.close();
  }
}
