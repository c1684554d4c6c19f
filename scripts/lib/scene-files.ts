/** The files of the scene: pictures that are drawn, and a voice that hums. All made here, so nobody owns them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import sharp from 'sharp';

/** A lake between mountains in the evening, as a JPEG. */
export function landscape(width: number, height: number): Promise<Buffer> {
  return jpeg(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 1200 780"
    preserveAspectRatio="xMidYMid slice">
    <defs>
      <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#4d7fa8"/><stop offset=".55" stop-color="#f2b58a"/><stop offset="1" stop-color="#fbe3b5"/></linearGradient>
      <linearGradient id="lake" x2="0" y2="1"><stop stop-color="#e9b893"/><stop offset=".35" stop-color="#6d9ab0"/><stop offset="1" stop-color="#1f4a63"/></linearGradient>
    </defs>
    <rect width="1200" height="470" fill="url(#sky)"/>
    <circle cx="790" cy="330" r="58" fill="#fff3cf"/>
    <path d="M0 400 170 250 290 330 430 170 620 380 760 290 930 390 1080 240 1200 330V470H0Z" fill="#7d8aa6"/>
    <path d="M430 170 480 226 446 240 420 216 396 226ZM1080 240 1112 264 1086 276 1060 266Z" fill="#f5efe6"/>
    <path d="M0 440 210 350 420 430 640 370 860 440 1200 380V480H0Z" fill="#43617a"/>
    <path d="M0 470 160 420 330 468 560 438 800 470 1200 440V490H0Z" fill="#2c4a4f"/>
    <rect y="470" width="1200" height="310" fill="url(#lake)"/>
    <path d="M745 476h90l-22 60h22l-30 70h14l-34 110-34-110h14l-30-70h22Z" fill="#fff0c8" opacity=".55"/>
    <path d="M330 610q70 34 160 0l-16 34q-64 18-128 0Z" fill="#5b2f22"/>
    <path d="M392 612v-60l-14-4M428 612v-52" stroke="#3b241d" stroke-width="5" fill="none"/>
    <path d="M300 646h220M350 664h130M900 600h160M940 618h90M120 700h180" stroke="#fff" stroke-width="4" opacity=".35"/>
  </svg>`);
}

/** Somebody's head and shoulders before a colour, as a JPEG. */
export function portrait(light: string, dark: string): Promise<Buffer> {
  return jpeg(`<svg xmlns="http://www.w3.org/2000/svg" width="320" height="320">
    <rect width="320" height="320" fill="${light}"/>
    <circle cx="160" cy="128" r="62" fill="${dark}"/>
    <path d="M40 320c0-86 54-124 120-124s120 38 120 124Z" fill="${dark}"/>
  </svg>`);
}

/** So many seconds of a hum, as Ogg Opus. Needs ffmpeg. */
export async function hum(seconds: number): Promise<Buffer> {
  const source = `sine=frequency=180:duration=${seconds}`;
  const args = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', source, '-c:a', 'libopus', '-b:a', '24k'];
  const { stdout } = await promisify(execFile)('ffmpeg', [...args, '-f', 'ogg', 'pipe:1'], {
    encoding: 'buffer',
    maxBuffer: 2 ** 24,
  });
  return stdout;
}

function jpeg(svg: string): Promise<Buffer> {
  return sharp(Buffer.from(svg)).jpeg({ quality: 88 }).toBuffer();
}
