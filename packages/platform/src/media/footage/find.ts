/** Finding ffmpeg, which is installed beside Parley or not at all. */
import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

export interface Ffmpeg {
  /** Absolute paths of the programs. */
  ffmpeg: string;
  ffprobe: string;
  /** For example `7.1.1`. */
  version: string;
}

const versionMs = 10_000;

/**
 * Looks for ffmpeg and ffprobe on PATH or, where it is given, at `ffmpegPath`: the program itself, with ffprobe beside it, or the folder of
 * both. Null where one of them is missing or does not run.
 */
export async function findFfmpeg({
  ffmpegPath,
  path = process.env.PATH ?? '',
}: {
  ffmpegPath?: string | undefined;
  path?: string;
} = {}): Promise<Ffmpeg | null> {
  // A relative folder on PATH would mean another program in every working directory.
  const folders = ffmpegPath ? await foldersOf(ffmpegPath) : path.split(delimiter).filter(isAbsolute);
  const ffmpeg = await firstProgram(folders, 'ffmpeg');
  const ffprobe = await firstProgram(folders, 'ffprobe');
  if (!ffmpeg || !ffprobe) return null;
  const version = await versionOf(ffmpeg);
  return version !== undefined && (await versionOf(ffprobe)) !== undefined
    ? { ffmpeg, ffprobe, version }
    : null;
}

async function foldersOf(ffmpegPath: string): Promise<string[]> {
  const found = await stat(ffmpegPath).catch(() => undefined);
  return [found?.isDirectory() ? ffmpegPath : dirname(ffmpegPath)];
}

async function firstProgram(folders: string[], name: string): Promise<string | undefined> {
  const ending = process.platform === 'win32' ? '.exe' : '';
  for (const folder of folders) {
    const path = join(folder, name + ending);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['-version'], { timeout: versionMs });
    return /^ff\w+ version (\S+)/.exec(stdout)?.[1];
  } catch {
    // Not there for this machine, then: another architecture, missing libraries.
    return undefined;
  }
}
