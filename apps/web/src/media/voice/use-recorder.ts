import { useCallback, useEffect, useRef, useState } from 'react';
import { Recorder, type Recording } from './recorder.ts';

/** Recordings shorter than this were a slip. */
const shortestMs = 500;

export interface RecorderState {
  /** Null while nothing is recorded. */
  readonly recorder: Recorder | null;
  readonly elapsedMs: number;
  /** The person is being asked for the microphone. */
  readonly starting: boolean;
  readonly start: () => Promise<void>;
  /** Ends it; null where there was nothing to keep. */
  readonly finish: () => Promise<Recording | null>;
  readonly cancel: () => void;
}

/** One recording at a time; it ends with the component. */
export function useRecorder(onProblem: (error: unknown) => void): RecorderState {
  const [recorder, setRecorder] = useState<Recorder | null>(null);
  const [starting, setStarting] = useState(false);
  const [elapsedMs, setElapsedMs] = useState(0);
  const current = useRef<Recorder | null>(null);
  const gone = useRef(false);
  const set = useCallback((next: Recorder | null) => {
    current.current = next;
    setRecorder(next);
    setElapsedMs(0);
  }, []);

  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      current.current?.cancel();
    };
  }, []);

  useEffect(() => {
    if (!recorder) return;
    const timer = setInterval(() => setElapsedMs(recorder.elapsedMs), 250);
    return () => clearInterval(timer);
  }, [recorder]);

  const start = useCallback(async () => {
    setStarting(true);
    try {
      const started = await Recorder.start();
      // Meanwhile one may have gone elsewhere.
      if (gone.current) started.cancel();
      else set(started);
    } catch (error) {
      onProblem(error);
    } finally {
      setStarting(false);
    }
  }, [onProblem, set]);

  const finish = useCallback(async () => {
    const recording = current.current;
    if (!recording) return null;
    const slip = recording.elapsedMs < shortestMs;
    set(null);
    try {
      if (!slip) return await recording.stop();
      recording.cancel();
    } catch (error) {
      recording.cancel();
      onProblem(error);
    }
    return null;
  }, [onProblem, set]);

  const cancel = useCallback(() => {
    current.current?.cancel();
    set(null);
  }, [set]);

  return { recorder, elapsedMs, starting, start, finish, cancel };
}
